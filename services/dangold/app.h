// All five services in one process on one data directory.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace dangol {

class Runtime;

namespace config::v1 {
class DangoldConfig;
}

// Serves until SIGTERM or SIGINT, then stops cleanly: calls in flight finish, what is durable is
// released. An error says why it could not start, or what it could not go on with.
absl::Status RunDangold(const config::v1::DangoldConfig& config);

// The same, served from Start until it is destroyed: for tests, which also look at the scopes.
class RunningDangold {
 public:
  static absl::StatusOr<std::unique_ptr<RunningDangold>> Start(
      const config::v1::DangoldConfig& config);
  ~RunningDangold();

  Runtime& runtime();

 private:
  struct Impl;
  explicit RunningDangold(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace dangol
