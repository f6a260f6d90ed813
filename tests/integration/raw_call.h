// Calls of any method with any bytes: what a broken or hostile client can send.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "libs/base/types.h"

namespace grpc {
class Channel;
}

namespace dangol::integration {

struct RawAnswer {
  // With its ErrorDetail where the server gave one (DetailOf).
  absl::Status status;
  // google.rpc.ErrorInfo came with it.
  bool has_error_info = false;
  std::vector<std::string> messages;
};

struct RawOptions {
  // Negative: a deadline already past.
  Micros timeout_us = 20 * kMicrosPerSecond;
  // Instead of half-closing after the messages.
  bool cancel = false;
};

// `method` is "/package.Service/Method". Sends the messages, half-closes, reads to the end.
RawAnswer CallRaw(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                  const std::vector<std::string>& messages, RawOptions options = {});

}  // namespace dangol::integration
