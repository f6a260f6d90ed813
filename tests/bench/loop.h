// The whole loop under load: a real dangold on the live clock, fed by a client on the same machine.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/results.h"

namespace dangol::bench {

struct LoopOptions {
  std::string bin_dir;
  std::string examples_dir;
  std::string work_dir;  // emptied first
  int64_t customers = 50'000;
};

// Activities a second from a client's stream until all five services have processed them, durable;
// the peer is the same stream until it is merely accepted, durable.
absl::StatusOr<std::vector<Figure>> MeasureLoop(const LoopOptions& options);

}  // namespace dangol::bench
