// Is a server well? As grpc.health.v1 answers, which needs no token.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "libs/base/types.h"

namespace grpc {
class Channel;
}

namespace dangol::client {

// "SERVING", "NOT_SERVING" or "UNKNOWN", of the whole server. One attempt, which waits for a
// connection within the timeout. UNAVAILABLE or DEADLINE_EXCEEDED: no server answers there.
absl::StatusOr<std::string> HealthOf(const std::shared_ptr<grpc::Channel>& channel,
                                     Micros timeout_us);

}  // namespace dangol::client
