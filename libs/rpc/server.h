// Server bootstrap: listening, TLS, authentication, health, reflection, drain.
//
//   auto server = Server::Create(options, &metrics);
//   CustomerRpc customers(server->guard(), ...);
//   server->Register(&customers, profile::v1::CustomerService::service_full_name());
//   int port = *server->Start();
//   ... server->Drain();
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/base/types.h"
#include "libs/rpc/call.h"

namespace grpc {
class Channel;
class Service;
}  // namespace grpc

namespace dangol::rpc {

// None of these changes at run time.
struct ServerOptions {
  // Address to listen on. Beyond loopback only with both tokens and TLS.
  std::string host = "127.0.0.1";
  // 0 takes a free port; Start() says which.
  int port = 0;
  // PEM files; both or neither.
  std::string tls_cert_file;
  std::string tls_key_file;
  // See Authenticator::FromFile; empty is development mode.
  std::string token_file;
  // Handlers running at once, streams included; a call beyond gets RESOURCE_EXHAUSTED. At least 4.
  int threads_max = 64;
  // Largest request and reply, in bytes.
  int message_bytes_max = 16 << 20;
  // How long Drain() waits for calls in flight before it cancels them.
  Micros drain_timeout_us = 10 * kMicrosPerSecond;
  GuardOptions guard;
};

// INVALID_ARGUMENT when the options would let callers in without a token or over plain text from
// beyond this machine, or are out of range.
absl::Status ValidateServerOptions(const ServerOptions& options);

// Thread safety: Register and Start from one thread; the rest from any thread after Start.
class Server {
 public:
  // Reads token and TLS files. `metrics` must outlive the server.
  static absl::StatusOr<std::unique_ptr<Server>> Create(const ServerOptions& options,
                                                        obs::Metrics* metrics);
  ~Server();  // drains
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // What the services' handlers run in. Lives as long as the server.
  const Guard& guard() const;

  // Before Start. `service` must outlive the server. It is reported SERVING after Start.
  void Register(grpc::Service* service, absl::string_view full_name);

  // Returns the bound port. UNAVAILABLE when the address is taken.
  absl::StatusOr<int> Start();

  // Health of one service, or of the whole server (""), as grpc.health.v1 reports it.
  void SetServing(absl::string_view full_name, bool serving);

  // A channel to this server without a socket. Calls need no token; they act as `principal` with
  // every role. Only after Start; must not outlive the server. To make a stub of it, include
  // grpcpp/channel.h.
  std::shared_ptr<grpc::Channel> InProcessChannel(absl::string_view principal = "dangol");

  // Health turns NOT_SERVING, new calls are refused, calls in flight finish or are cancelled after
  // drain_timeout_us. Blocks until done. Idempotent.
  void Drain();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace dangol::rpc
