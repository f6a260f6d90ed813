// What checkpoints cost, and for how long the workers stand still for them.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/results.h"
#include "tests/bench/retailer.h"

namespace dangol::bench {

// Of all checkpoints since the server started; waits for the first one, which is due half a minute
// after a change at the latest.
absl::StatusOr<std::vector<Figure>> MeasureCheckpoints(const Retailer& retailer);

}  // namespace dangol::bench
