#include "libs/stream/follow.h"

#include "absl/strings/str_cat.h"
#include "libs/stream/merge.h"

namespace dangol {

absl::StatusOr<std::string> ExecuteForCustomer(Gateway& gateway, Service service, CustomerId id,
                                               const CustomerBodyFn& body, Caller caller,
                                               Micros deadline) {
  while (true) {
    const Scope scope{service, PartitionOfCustomer(id, gateway.partitions())};
    absl::StatusOr<std::string> outcome = gateway.Execute(scope, body(id), caller, deadline);
    const auto into = MergedInto(outcome.status());
    if (!into) return outcome;
    id = *into;
    // It may be the same scope, which knows the id as that of the first question.
    if (!caller.request_id.empty()) absl::StrAppend(&caller.request_id, " for ", id);
  }
}

}  // namespace dangol
