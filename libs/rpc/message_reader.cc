#include "libs/rpc/message_reader.h"

#include "google/protobuf/message.h"
#include "grpc/grpc.h"
#include "grpc/support/time.h"
#include "grpcpp/impl/codegen/call_op_set.h"
#include "libs/base/status.h"
#include "libs/rpc/raw_stream.h"
#include "libs/rpc/request_check.h"

namespace dangol::rpc {
namespace {

// As CompletionQueue::Pluck, which is for gRPC's own readers only.
bool Await(grpc::internal::CallOpSetInterface* ops, grpc::CompletionQueue* queue) {
  while (true) {
    const grpc_event event = grpc_completion_queue_pluck(
        queue->cq(), ops->core_cq_tag(), gpr_inf_future(GPR_CLOCK_REALTIME), nullptr);
    bool ok = event.success != 0;
    void* tag = ops;
    if (ops->FinalizeResult(&tag, &ok)) return ok;
  }
}

}  // namespace

absl::StatusOr<bool> MessageReader::Read(google::protobuf::Message* request) {
  request->Clear();
  grpc::ByteBuffer bytes;
  grpc::internal::CallOpSet<grpc::internal::CallOpRecvMessage<grpc::ByteBuffer>> ops;
  ops.RecvMessage(&bytes);
  ops.AllowNoMessage();  // then the operation succeeds at the end, and only there
  call_->PerformOps(&ops);
  const bool whole = Await(&ops, call_->cq());
  if (ops.got_message) {
    DANGOL_RETURN_IF_ERROR(Decode(&bytes, request));
    DANGOL_RETURN_IF_ERROR(CheckRequest(*request));
    return true;
  }
  if (whole && grpc_call_failed_before_recv_message(call_->call()) == 0) return false;
  return WithDetail(absl::CancelledError("the stream broke before its end"), {"CANCELLED", {}, {}});
}

}  // namespace dangol::rpc
