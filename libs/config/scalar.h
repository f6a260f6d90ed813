// One value: YAML scalar ⇄ protobuf field. Private to libs/config.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "libs/config/sugar.h"
#include "libs/config/tree.h"

namespace google::protobuf {
class EnumDescriptor;
class FieldDescriptor;
class Message;
}  // namespace google::protobuf

namespace dangol::config {

// Sets `field` of `message` (appends, when it is repeated) from a scalar node. The field is not a
// message. INVALID_ARGUMENT "is not …; write …" without the value.
absl::Status StoreScalar(const YamlNode& node, const FieldKey& key,
                         google::protobuf::Message* message);

// The canonical text of `field` (its element `index`, when it is repeated), quoted where needed.
std::string PrintScalar(const google::protobuf::Message& message,
                        const google::protobuf::FieldDescriptor& field, int index);

// A string as a YAML scalar: plain when no reader could take it for something else.
std::string PrintString(const std::string& text);

}  // namespace dangol::config
