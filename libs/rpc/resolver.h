// How a service finds the customer that a request means: a name or an identifier.
#pragma once

#include <functional>

#include "absl/status/statusor.h"
#include "libs/base/types.h"

namespace dangol::common::v1 {
class CustomerRef;
}

namespace dangol::rpc {

// Thread-safe. Waits until `deadline_steady_us` (SteadyMicros() scale; kNever: as long as the
// resolver thinks right). NOT_FOUND: nobody owns the identifier. A customer name is only parsed.
using CustomerResolver = std::function<absl::StatusOr<CustomerId>(
    const common::v1::CustomerRef& customer, Micros deadline_steady_us)>;

}  // namespace dangol::rpc
