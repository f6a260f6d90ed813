// The main job, from one command: a simulated retailer, a win-back campaign, its measured lift
// beside the true one, and a second wave in which the offer mix has learned. On a dangold of its
// own under a virtual clock, or on a running cluster under the live one.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "libs/base/types.h"

namespace dangol::loadgen {

struct DemoOptions {
  std::string bin_dir;    // where dangold is
  std::string server;     // of an empty cluster, as the CLI takes it; empty: a dangold is started
  std::string drop_root;  // of that cluster's file-drop channels, as seen from here
  Micros day = kMicrosPerSecond;  // of the cluster's clock, for a day of the season
  std::string examples_dir;       // resources to apply
  std::string out_dir;            // data directory, dropped files and the reports
  int64_t customers = 100'000;
  uint64_t seed = 1;
};

// Prints what it does.
absl::Status RunDemo(const DemoOptions& options);

}  // namespace dangol::loadgen
