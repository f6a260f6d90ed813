// How long after a customer did something a message about it is out.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/results.h"
#include "tests/bench/retailer.h"

namespace dangol::bench {

// Sends `rate` activities a second for a while, two in a hundred of which trigger a campaign, and
// takes the time from the sending of each of those to the arrival of its POST in this process.
// Beside it, how often the log is synced meanwhile. `retailer` has its customers and is at rest;
// it has one more campaign afterwards.
absl::StatusOr<std::vector<Figure>> MeasureWebhook(Retailer& retailer, double rate);

}  // namespace dangol::bench
