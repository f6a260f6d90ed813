// What processes cost, read from /proc and from the server's own metrics.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>

#include "absl/strings/string_view.h"

namespace dangol::bench {

struct ProcessCost {
  double cpu_s = 0;             // user and system, all threads
  double disk_write_bytes = 0;  // handed to the disk, or waiting for it
  double resident_bytes = 0;
};
// All zero when there is no such process.
ProcessCost CostOf(pid_t pid);

// Samples of a Prometheus page whose name begins with `prefix`, by their text up to the value, such
// as dangol_lag_records{service="offer"}. Empty when nothing answers.
std::map<std::string, double> Metrics(int port, absl::string_view prefix);
double Sum(const std::map<std::string, double>& samples);

}  // namespace dangol::bench
