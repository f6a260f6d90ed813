// The health check: as near to an empty handler as there is.
#pragma once

#include <memory>

#include "absl/status/status.h"

namespace grpc {
class Channel;
}

namespace dangol::bench {

absl::Status CheckHealth(const std::shared_ptr<grpc::Channel>& channel);

}  // namespace dangol::bench
