// Channels for the CLI and for other processes.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace grpc {
class Channel;
}

namespace dangol::rpc {

struct ClientOptions {
  std::string target = "127.0.0.1:7070";  // host:port
  std::string token;      // sent as "authorization: Bearer <token>"; empty sends none
  std::string principal;  // sent as x-dangol-principal; servers heed it in development mode only
  bool tls = false;
  std::string tls_ca_file;      // PEM; empty means the system's roots
  std::string tls_server_name;  // the name to expect in the certificate, if not the target's
  int message_bytes_max = 16 << 20;
};

// To make a stub of it, include grpcpp/channel.h. Lazy: connects at the first call.
// INVALID_ARGUMENT for a token over plain text to a target that is not loopback; NOT_FOUND for an
// unreadable CA file.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const ClientOptions& options);

}  // namespace dangol::rpc
