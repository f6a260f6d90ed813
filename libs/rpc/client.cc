#include "libs/rpc/client.h"

#include "absl/strings/str_cat.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "libs/base/status.h"
#include "libs/rpc/address.h"
#include "libs/rpc/metadata.h"
#include "libs/rpc/token_file.h"

namespace dangol::rpc {
namespace {

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> Credentials(
    const ClientOptions& options) {
  if (!options.tls) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions ssl;
  if (!options.tls_ca_file.empty()) {
    DANGOL_ASSIGN_OR_RETURN(ssl.pem_root_certs, ReadSmallFile(options.tls_ca_file));
  }
  return grpc::SslCredentials(ssl);
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const ClientOptions& options) {
  if (!options.token.empty() && !options.tls && !IsLoopback(HostOf(options.target))) {
    return BadField("target", options.target,
                    "is not on this machine, and the token would travel "
                    "in plain text",
                    "use TLS");
  }
  DANGOL_ASSIGN_OR_RETURN(auto credentials, Credentials(options));
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(options.message_bytes_max);
  arguments.SetMaxSendMessageSize(options.message_bytes_max);
  if (!options.tls_server_name.empty()) {
    arguments.SetSslTargetNameOverride(options.tls_server_name);
  }
  Metadata metadata;
  if (!options.token.empty()) {
    metadata.emplace_back(kAuthorization, absl::StrCat("Bearer ", options.token));
  }
  if (!options.principal.empty()) metadata.emplace_back(kPrincipal, options.principal);
  return grpc::experimental::CreateCustomChannelWithInterceptors(
      options.target, credentials, arguments, AddMetadata(std::move(metadata)));
}

}  // namespace dangol::rpc
