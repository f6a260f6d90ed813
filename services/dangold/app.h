// All five services in one process on one data directory.
#pragma once

#include "absl/status/status.h"

namespace dangol {

namespace config::v1 {
class DangoldConfig;
}

// Serves until SIGTERM or SIGINT, then stops cleanly: calls in flight finish, what is durable is
// released. An error says why it could not start, or what it could not go on with.
absl::Status RunDangold(const config::v1::DangoldConfig& config);

}  // namespace dangol
