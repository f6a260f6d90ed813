#include "libs/rpc/server.h"

#include <atomic>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.pb.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "libs/obs/log.h"
#include "libs/rpc/address.h"
#include "libs/rpc/metadata.h"
#include "libs/rpc/token_file.h"
#include "libs/rpc/undecodable.h"

namespace dangol::rpc {
namespace {

constexpr int kThreadsMin = 4;

// Both are process-wide and must be set before the first server is built.
void EnableHealthAndReflection() {
  static const bool enabled = [] {
    grpc::EnableDefaultHealthCheckService(true);
    // Whose messages gRPC brings without their descriptors: reflection finds these.
    grpc::health::v1::HealthCheckRequest::descriptor();
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    return true;
  }();
  (void)enabled;
}

absl::Status CheckExposure(const ServerOptions& options) {
  if (IsLoopback(options.host)) return absl::OkStatus();
  if (options.token_file.empty()) {
    return BadField("host", options.host, "would let anyone in: there is no token file",
                    "listen on 127.0.0.1, or give a token file and TLS files");
  }
  if (options.tls_cert_file.empty()) {
    return BadField("host", options.host, "would send tokens in plain text: there is no TLS",
                    "listen on 127.0.0.1, or give a TLS certificate and key");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> Credentials(const ServerOptions& options) {
  if (options.tls_cert_file.empty()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions ssl;
  grpc::SslServerCredentialsOptions::PemKeyCertPair pair;
  DANGOL_ASSIGN_OR_RETURN(pair.cert_chain, ReadSmallFile(options.tls_cert_file));
  DANGOL_ASSIGN_OR_RETURN(pair.private_key, ReadSmallFile(options.tls_key_file));
  ssl.pem_key_cert_pairs.push_back(std::move(pair));
  return grpc::SslServerCredentials(ssl);
}

}  // namespace

absl::Status ValidateServerOptions(const ServerOptions& options) {
  if (options.port < 0 || options.port > 65535) {
    return BadField("port", absl::StrCat(options.port), "is not a port", "use 0 to 65535");
  }
  if (options.tls_cert_file.empty() != options.tls_key_file.empty()) {
    return BadField("tls_key_file", options.tls_key_file, "does not go with the certificate",
                    "give both the certificate and its key, or neither");
  }
  if (options.threads_max < kThreadsMin) {
    return BadField("threads_max", absl::StrCat(options.threads_max), "is too few",
                    absl::StrCat("use at least ", kThreadsMin));
  }
  if (options.message_bytes_max <= 0) {
    return BadField("message_bytes_max", absl::StrCat(options.message_bytes_max), "is not positive",
                    "use bytes, such as 16777216");
  }
  if (options.guard.default_deadline_us <= 0 || options.guard.max_deadline_us <= 0) {
    return BadField("guard", "0", "is not a deadline", "use positive microseconds");
  }
  return CheckExposure(options);
}

struct Server::Impl {
  ServerOptions options;
  std::unique_ptr<Authenticator> authenticator;
  std::unique_ptr<Guard> guard;
  std::shared_ptr<grpc::ServerCredentials> credentials;
  std::vector<std::pair<grpc::Service*, std::string>> services;
  std::unique_ptr<grpc::Server> server;
  Mutex drain_mutex;
  bool drained = false;  // guarded by drain_mutex
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { Drain(); }

absl::StatusOr<std::unique_ptr<Server>> Server::Create(const ServerOptions& options,
                                                       obs::Metrics* metrics) {
  DANGOL_RETURN_IF_ERROR(ValidateServerOptions(options));
  auto impl = std::make_unique<Impl>();
  impl->options = options;
  if (options.token_file.empty()) {
    impl->authenticator = Authenticator::Development();
  } else {
    DANGOL_ASSIGN_OR_RETURN(impl->authenticator, Authenticator::FromFile(options.token_file));
  }
  DANGOL_ASSIGN_OR_RETURN(impl->credentials, Credentials(options));
  impl->guard = std::make_unique<Guard>(impl->authenticator.get(), metrics, options.guard);
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

const Guard& Server::guard() const { return *impl_->guard; }

void Server::Register(grpc::Service* service, absl::string_view full_name) {
  impl_->services.emplace_back(service, full_name);
}

absl::StatusOr<int> Server::Start() {
  EnableHealthAndReflection();
  const ServerOptions& options = impl_->options;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(JoinHostPort(options.host, options.port), impl_->credentials, &port);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // else a second server hides silently
  builder.SetMaxReceiveMessageSize(options.message_bytes_max);
  builder.SetMaxSendMessageSize(options.message_bytes_max);
  builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::NUM_CQS, 1);
  builder.SetResourceQuota(grpc::ResourceQuota("dangol").SetMaxThreads(options.threads_max));
  builder.experimental().SetInterceptorCreators(UndecodableInterceptors());
  for (const auto& [service, name] : impl_->services) builder.RegisterService(service);
  impl_->server = builder.BuildAndStart();
  if (impl_->server == nullptr || port == 0) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ",
                                               JoinHostPort(options.host, options.port),
                                               "; is another process using it, and is the TLS "
                                               "certificate valid?"));
  }
  for (const auto& [service, name] : impl_->services) SetServing(name, true);
  obs::Log(obs::Level::kInfo, "rpc server listening",
           {{"address", JoinHostPort(options.host, port)},
            {"tls", options.tls_cert_file.empty() ? "no" : "yes"},
            {"tokens", options.token_file.empty() ? "no" : "yes"}});
  return port;
}

void Server::SetServing(absl::string_view full_name, bool serving) {
  impl_->server->GetHealthCheckService()->SetServingStatus(std::string(full_name), serving);
}

std::shared_ptr<grpc::Channel> Server::InProcessChannel(absl::string_view principal) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(impl_->options.message_bytes_max);
  arguments.SetMaxSendMessageSize(impl_->options.message_bytes_max);
  return impl_->server->experimental().InProcessChannelWithInterceptors(
      arguments, AddMetadata({{kAuthorization,
                               absl::StrCat("Bearer ", impl_->authenticator->internal_token())},
                              {kPrincipal, std::string(principal)}}));
}

void Server::Drain() {
  const MutexLock lock(impl_->drain_mutex);
  if (impl_->drained || impl_->server == nullptr) return;
  impl_->drained = true;
  impl_->server->GetHealthCheckService()->Shutdown();  // all NOT_SERVING, and it stays so
  impl_->server->Shutdown(
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                   gpr_time_from_micros(impl_->options.drain_timeout_us, GPR_TIMESPAN)));
  impl_->server->Wait();
}

}  // namespace dangol::rpc
