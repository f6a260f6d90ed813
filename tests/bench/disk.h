// What the disk itself takes, and how often the server asks it.
#pragma once

#include <atomic>
#include <map>
#include <string>
#include <thread>

#include "absl/status/statusor.h"

namespace dangol::bench {

// Median time of a small append and its fdatasync in a file of `dir`, ms, with nothing else at work
// there. UNAVAILABLE when the file cannot be written.
absl::StatusOr<double> SyncMs(const std::string& dir);

// Counts what a server writes and syncs while this lives. The server publishes these counts
// together every few seconds; only what lies between two of those moments is counted.
class SyncWatch {
 public:
  explicit SyncWatch(int metrics_port);
  ~SyncWatch() { Stop(); }

  struct Counts {
    double seconds = 0;  // 0: too short a time to have seen any
    double syncs = 0;
    double writes = 0;  // commits and appends
  };
  // Idempotent.
  Counts Stop();

 private:
  struct Moment {
    double at_s = 0;
    double syncs = 0;
    double writes = 0;
  };
  Moment Look() const;
  void Run();

  const int metrics_port_;
  std::atomic<bool> stopping_{false};
  Moment first_, last_;
  bool any_ = false;
  std::thread thread_;
};

}  // namespace dangol::bench
