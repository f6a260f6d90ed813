// The whole loop under load: a real dangold on the live clock, fed by a client on the same machine.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/results.h"
#include "tests/bench/retailer.h"

namespace dangol::bench {

inline constexpr char kWholeLoop[] = "whole loop, durable";

// Loads the customers. `retailer` has been started.
absl::StatusOr<std::vector<Figure>> MeasureImport(Retailer& retailer);

// Sends their orders until all five services have processed them. What it tells: activities a
// second, processor time and bytes of each stage, memory. Customers have been loaded.
absl::StatusOr<std::vector<Figure>> MeasureLoop(Retailer& retailer);

// Stops the server and starts it again.
absl::StatusOr<std::vector<Figure>> MeasureRestart(Retailer& retailer);

}  // namespace dangol::bench
