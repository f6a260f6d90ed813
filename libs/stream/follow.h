// Commands about a customer who may have been merged into another since the caller learned its
// name: they are given again where it went. (Questions: AskCustomer of ask.h.)
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/types.h"
#include "libs/stream/gateway.h"

namespace dangol {

// Gateway::Execute of `body(id)` in the scope of the customer that `id` is now. The command must
// begin with CheckPresent of merge.h. Idempotent by caller.request_id, across a merge, too.
using CustomerBodyFn = std::function<std::string(CustomerId id)>;
absl::StatusOr<std::string> ExecuteForCustomer(Gateway& gateway, Service service, CustomerId id,
                                               const CustomerBodyFn& body, Caller caller,
                                               Micros deadline);

}  // namespace dangol
