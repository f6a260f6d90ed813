// A dangold that is started, watched and started again when it dies.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"

namespace dangol::loadgen {

// Thread safety: Start and Stop from one thread. The server keeps its port over restarts, so that
// clients find it again.
class ServerProcess {
 public:
  struct Options {
    std::string binary;
    std::string data_dir;
    std::string start_time;  // of the virtual clock; empty: the live one
    std::string log_file;
    std::vector<std::string> more_flags;
  };
  explicit ServerProcess(Options options) : options_(std::move(options)) {}
  ~ServerProcess() { Stop(); }

  // Returns once everything serves. UNAVAILABLE with the end of the log when it does not.
  absl::Status Start();
  // SIGTERM, and waits for a clean end.
  void Stop();

  std::string target() const;
  int metrics_port() const { return metrics_port_; }
  int restarts() const { return restarts_; }
  pid_t pid() const { return pid_; }

 private:
  absl::StatusOr<pid_t> Launch();
  absl::Status WaitForPorts(pid_t pid);
  void Watch();

  Options options_;
  std::atomic<pid_t> pid_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<int> restarts_{0};
  int port_ = 0;
  int metrics_port_ = 0;
  std::thread watcher_;
};

}  // namespace dangol::loadgen
