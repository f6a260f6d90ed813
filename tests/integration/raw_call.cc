#include "tests/integration/raw_call.h"

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/generic/generic_stub.h"
#include "libs/rpc/call.h"
#include "libs/rpc/grpc_status.h"

namespace dangol::integration {
namespace {

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string ToString(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  if (!buffer.DumpToSingleSlice(&slice).ok()) return "";
  return std::string(reinterpret_cast<const char*>(slice.begin()), slice.size());
}

bool HasErrorInfo(const grpc::Status& status) {
  google::rpc::Status details;
  details.ParseFromString(status.error_details());
  for (const auto& any : details.details()) {
    if (any.Is<google::rpc::ErrorInfo>()) return true;
  }
  return false;
}

// One operation at a time on one queue.
class Steps {
 public:
  grpc::CompletionQueue* queue() { return &queue_; }
  bool Await() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

 private:
  grpc::CompletionQueue queue_;
};

}  // namespace

RawAnswer CallRaw(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                  const std::vector<std::string>& messages, RawOptions options) {
  grpc::ClientContext context;
  rpc::SetTimeout(options.timeout_us, &context);
  Steps steps;
  auto call = grpc::GenericStub(channel).PrepareCall(&context, method, steps.queue());
  call->StartCall(nullptr);
  bool open = steps.Await();
  for (size_t i = 0; open && i < messages.size(); ++i) {
    call->Write(ToBuffer(messages[i]), nullptr);
    open = steps.Await();
  }
  if (options.cancel) context.TryCancel();
  if (open && !options.cancel) {
    call->WritesDone(nullptr);
    steps.Await();
  }
  RawAnswer answer;
  while (true) {
    grpc::ByteBuffer buffer;
    call->Read(&buffer, nullptr);
    if (!steps.Await()) break;
    answer.messages.push_back(ToString(buffer));
  }
  grpc::Status status;
  call->Finish(&status, nullptr);
  steps.Await();
  answer.status = rpc::FromGrpc(status);
  answer.has_error_info = HasErrorInfo(status);
  return answer;
}

}  // namespace dangol::integration
