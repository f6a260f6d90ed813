// Streams of requests that are decoded by their handler. gRPC's own Read returns false for a
// message that it cannot decode, as it does at the end: a broken list would pass for a complete
// one.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace google::protobuf {
class Message;
}
namespace grpc {
class ByteBuffer;
}

namespace dangol::rpc {

// Where the method stands in its service, as grpc::Service::MarkMethodStreamed counts. The names
// must exist.
int MethodIndex(absl::string_view service_full_name, absl::string_view method);

// INVALID_ARGUMENT, reason UNDECODABLE_REQUEST. Takes the buffer's bytes.
absl::Status Decode(grpc::ByteBuffer* buffer, google::protobuf::Message* request);

}  // namespace dangol::rpc
