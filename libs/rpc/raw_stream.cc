#include "libs/rpc/raw_stream.h"

#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/proto_buffer_reader.h"
#include "libs/rpc/undecodable.h"

namespace dangol::rpc {

int MethodIndex(absl::string_view service_full_name, absl::string_view method) {
  return google::protobuf::DescriptorPool::generated_pool()
      ->FindServiceByName(std::string(service_full_name))
      ->FindMethodByName(std::string(method))
      ->index();
}

absl::Status Decode(grpc::ByteBuffer* buffer, google::protobuf::Message* request) {
  TakeUndecodableField();  // of an earlier message
  bool decoded = false;
  {
    grpc::ProtoBufferReader reader(buffer);
    decoded = reader.status().ok() && request->ParseFromZeroCopyStream(&reader);
  }
  buffer->Clear();
  return decoded ? absl::OkStatus() : Undecodable(TakeUndecodableField());
}

}  // namespace dangol::rpc
