// Decisions on request: what a durable one costs beside a call that does nothing.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/results.h"
#include "tests/bench/retailer.h"

namespace dangol::bench {

// Decide one by one from many callers at once, against the health check of the same server, which
// is as near to an empty handler as there is; and in batches. Customers have been loaded.
absl::StatusOr<std::vector<Figure>> MeasureDecide(Retailer& retailer);

}  // namespace dangol::bench
