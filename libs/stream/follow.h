// Questions and commands about a customer who may have been merged into another since the caller
// learned its name: they are asked again where it went.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/types.h"
#include "libs/stream/gateway.h"

namespace dangol {

// Gateway::Read in the scope of the customer that `id` is now. `fn` is called once, with that one's
// id; it need not be known there.
using CustomerReadFn =
    std::function<absl::Status(CustomerId id, Processor& processor, StateView& state)>;
absl::Status ReadCustomer(Gateway& gateway, Service service, CustomerId id, Micros deadline,
                          const CustomerReadFn& fn);

// Gateway::Execute of `body(id)` in the scope of the customer that `id` is now. The command must
// begin with CheckPresent of merge.h. Idempotent by caller.request_id, across a merge, too.
using CustomerBodyFn = std::function<std::string(CustomerId id)>;
absl::StatusOr<std::string> ExecuteForCustomer(Gateway& gateway, Service service, CustomerId id,
                                               const CustomerBodyFn& body, Caller caller,
                                               Micros deadline);

}  // namespace dangol
