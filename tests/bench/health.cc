#include "tests/bench/health.h"

#include "grpcpp/channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "libs/base/types.h"
#include "libs/rpc/call.h"
#include "libs/rpc/grpc_status.h"

namespace dangol::bench {
namespace {

constexpr Micros kTimeout = 30 * kMicrosPerSecond;

}  // namespace

absl::Status CheckHealth(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::ClientContext context;
  rpc::SetTimeout(kTimeout, &context);
  grpc::CompletionQueue queue;
  grpc::ByteBuffer request(nullptr, 0), reply;
  grpc::Status status;
  auto call = grpc::GenericStub(channel).PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check",
                                                          request, &queue);
  call->StartCall();
  call->Finish(&reply, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  return rpc::FromGrpc(status);
}

}  // namespace dangol::bench
