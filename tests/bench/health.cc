#include "tests/bench/health.h"

#include "libs/base/types.h"
#include "tools/client/health.h"

namespace dangol::bench {

absl::Status CheckHealth(const std::shared_ptr<grpc::Channel>& channel) {
  return client::HealthOf(channel, 30 * kMicrosPerSecond).status();
}

}  // namespace dangol::bench
