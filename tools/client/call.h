// Calls with a timeout, retried where that is safe.
#pragma once

#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "grpcpp/grpcpp.h"
#include "libs/base/types.h"
#include "libs/rpc/call.h"
#include "libs/rpc/grpc_status.h"

namespace dangol::client {

// One attempt of a unary call: `stub->Method(&context, request, &response)`.
template <typename Method>
absl::Status Once(Micros timeout_us, const Method& method) {
  grpc::ClientContext context;
  rpc::SetTimeout(timeout_us, &context);
  context.set_wait_for_ready(true);
  return rpc::FromGrpc(method(&context));
}

// Repeats an idempotent call (a read, or one with a request id or message ids) while the server is
// away or overloaded, at most until `give_up_us` from now.
absl::Status Retrying(Micros give_up_us,
                      const std::function<grpc::Status(grpc::ClientContext*)>& method);

}  // namespace dangol::client
