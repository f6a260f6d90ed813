// Requests that are not even protobuf: gRPC answers INTERNAL without details; this makes it
// INVALID_ARGUMENT with details. Private to libs/rpc.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "grpcpp/support/server_interceptor.h"

namespace dangol::rpc {

// What protobuf said about the last undecodable text on this thread ("dangol.….Activity.store"),
// and forgets it. Empty: nothing.
std::string TakeUndecodableField();

// INVALID_ARGUMENT, reason UNDECODABLE_REQUEST; `field` may be empty.
absl::Status Undecodable(const std::string& field);

// For ServerBuilder: gives undecodable unary requests that status.
std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
UndecodableInterceptors();

}  // namespace dangol::rpc
