#include "tools/client/health.h"

#include <vector>

#include "google/protobuf/unknown_field_set.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "libs/rpc/call.h"
#include "libs/rpc/grpc_status.h"

namespace dangol::client {
namespace {

constexpr char kCheck[] = "/grpc.health.v1.Health/Check";

// HealthCheckResponse {enum status = 1}: 0 is left out.
std::string StatusIn(const grpc::ByteBuffer& reply) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (reply.Dump(&slices).ok()) {
    for (const grpc::Slice& slice : slices) {
      bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
  }
  google::protobuf::UnknownFieldSet fields;
  if (!fields.ParseFromString(bytes)) return "UNKNOWN";
  for (int i = 0; i < fields.field_count(); ++i) {
    const auto& field = fields.field(i);
    if (field.number() != 1 || field.type() != google::protobuf::UnknownField::TYPE_VARINT)
      continue;
    if (field.varint() == 1) return "SERVING";
    if (field.varint() == 2) return "NOT_SERVING";
  }
  return "UNKNOWN";
}

}  // namespace

absl::StatusOr<std::string> HealthOf(const std::shared_ptr<grpc::Channel>& channel,
                                     Micros timeout_us) {
  grpc::ClientContext context;
  rpc::SetTimeout(timeout_us, &context);
  context.set_wait_for_ready(true);
  grpc::CompletionQueue queue;
  grpc::ByteBuffer request(nullptr, 0), reply;  // of an empty name: the whole server
  grpc::Status status;
  auto call = grpc::GenericStub(channel).PrepareUnaryCall(&context, kCheck, request, &queue);
  call->StartCall();
  call->Finish(&reply, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  if (!status.ok()) return rpc::FromGrpc(status);
  return StatusIn(reply);
}

}  // namespace dangol::client
