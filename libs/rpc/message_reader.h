// A client's stream of requests whose end is known to be its end. grpc::ServerReader::Read returns
// false at the end, for a message it cannot decode, for one above the server's limit and for a
// connection that broke, and of these the call is known to be cancelled a moment later at best: a
// broken list would pass for a complete one.
#pragma once

#include <utility>

#include "absl/status/statusor.h"
#include "grpcpp/impl/codegen/method_handler.h"
#include "grpcpp/impl/codegen/rpc_service_method.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/sync_stream.h"

namespace google::protobuf {
class Message;
}

namespace dangol::rpc {

// One thread; of one call, which must outlive it.
class MessageReader {
 public:
  explicit MessageReader(grpc::internal::Call* call) : call_(call) {}

  // The next request. False, and a request that is empty: the caller has sent them all.
  // INVALID_ARGUMENT: it cannot be decoded, or CheckRequest refuses it. CANCELLED: the stream
  // broke.
  absl::StatusOr<bool> Read(google::protobuf::Message* request);

 private:
  grpc::internal::Call* call_;
};

// For Service::MarkMethodStreamed, which takes it, of a method with one response.
template <typename Service, typename Response>
class ClientStreamHandler final : public grpc::internal::MethodHandler {
 public:
  using Serve = grpc::Status (Service::*)(grpc::ServerContext*, MessageReader*, Response*);
  ClientStreamHandler(Serve serve, Service* service) : serve_(serve), service_(service) {}

  void RunHandler(const HandlerParameter& parameter) override {
    grpc::internal::ClientStreamingHandler<Service, grpc::ByteBuffer, Response> handler(
        [&](Service* service, grpc::ServerContext* context, grpc::ServerReader<grpc::ByteBuffer>*,
            Response* response) {
          MessageReader reader(parameter.call);
          return (service->*serve_)(context, &reader, response);
        },
        service_);
    handler.RunHandler(parameter);
  }

 private:
  Serve serve_;
  Service* service_;
};

}  // namespace dangol::rpc
