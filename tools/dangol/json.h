// Messages as protobuf JSON, with the field names of the protos.
#pragma once

#include <string>

namespace google::protobuf {
class Message;
}

namespace dangol::cli {

// Fields without a value are written, too: scripts find every key.
std::string ToJson(const google::protobuf::Message& message, bool one_line);

}  // namespace dangol::cli
