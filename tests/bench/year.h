// A retailer's year on the virtual clock.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/results.h"
#include "tests/bench/retailer.h"

namespace dangol::bench {

// 365 days of `customers` customers with two years of history: they buy, twenty campaigns (waves
// over the year, purchases and memberships that trigger) contact them through a webhook and files,
// and some react. A server of its own; loading is not part of the time.
absl::StatusOr<std::vector<Figure>> MeasureYear(const BenchOptions& options, int64_t customers);

}  // namespace dangol::bench
