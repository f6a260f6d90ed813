// What an administrator waits for while clients send more than the server can hold.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/results.h"
#include "tests/bench/retailer.h"

namespace dangol::bench {

// A small server of its own. `loop` are the activities a second that the machine can hold.
absl::StatusOr<std::vector<Figure>> MeasureAdmin(const BenchOptions& options, double loop);

}  // namespace dangol::bench
