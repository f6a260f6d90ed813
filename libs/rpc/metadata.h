// Metadata keys, and the client interceptor that adds them to every call; private to libs/rpc.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "grpcpp/support/client_interceptor.h"

namespace dangol::rpc {

inline constexpr char kAuthorization[] = "authorization";
inline constexpr char kPrincipal[] = "x-dangol-principal";
inline constexpr char kRequestId[] = "x-request-id";

using Metadata = std::vector<std::pair<std::string, std::string>>;
using InterceptorFactories =
    std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>;

// Adds `metadata` to each call, except keys that the call has set itself. Call credentials would do
// the same, but gRPC refuses them without TLS, and loopback and in-process channels have none.
InterceptorFactories AddMetadata(Metadata metadata);

}  // namespace dangol::rpc
