// What a server process shows: its RPCs, its metrics page, its health.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/obs/http.h"
#include "libs/rpc/server.h"

namespace dangol {

class Runtime;

// One thread; `why_not` is also asked on others.
class Front {
 public:
  struct Options {
    rpc::ServerOptions rpc;
    obs::HttpOptions metrics;
    std::string port_file;  // "<grpc port> <metrics port>" once everything serves; empty: none
  };
  // "": it takes new work. Else "<REASON>: <why>".
  using WhyNot = std::function<std::string()>;

  // Errors are those of rpc::Server::Create. `metrics` outlives it. `note` is what /healthz adds
  // while it serves; empty: nothing.
  static absl::StatusOr<std::unique_ptr<Front>> Create(const Options& options,
                                                       obs::Metrics* metrics, WhyNot why_not,
                                                       obs::HttpServer::Health note = nullptr);

  const rpc::Guard& guard() const { return server_->guard(); }
  // As rpc::Server::Register, before Listen.
  void Register(grpc::Service* service, absl::string_view full_name) {
    server_->Register(service, full_name);
  }

  struct Listening {
    std::string grpc, metrics;  // host:port
  };
  // UNAVAILABLE: an address is taken. INVALID_ARGUMENT: the port file cannot be written. After an
  // error nothing listens and `why_not` is asked no more.
  absl::StatusOr<Listening> Listen();

  // Health to gRPC, and to the log where it changed. Now and then.
  void LookAround();

  // No new calls, the page ends, then the runtime. An error says what had halted before.
  absl::Status Stop(Runtime& runtime);

 private:
  absl::StatusOr<Listening> TryListen();
  Front(const Options& options, obs::Metrics* metrics, WhyNot why_not, obs::HttpServer::Health note,
        std::unique_ptr<rpc::Server> server);

  const Options options_;
  const WhyNot why_not_;
  const std::unique_ptr<rpc::Server> server_;
  obs::HttpServer http_;
  std::string last_why_not_;
};

}  // namespace dangol
