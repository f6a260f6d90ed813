// A view's message (proto/dangol/online/v1) as the JSON that the store holds.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/online/view.h"

namespace google::protobuf {
class Message;
}

namespace dangol::online {

// By protobuf's own mapping (protobuf.dev/programming-guides/json), for what views are made of:
// messages, strings, enums, bool, int64, double, lists of them and maps by string. UNIMPLEMENTED:
// another type. INTERNAL: a string field is not UTF-8.
absl::StatusOr<std::string> ToJson(const google::protobuf::Message& message);

// Fields that this build does not know are ignored: a newer writer may have added them.
// DATA_LOSS: not the JSON of such a message.
absl::Status FromJson(absl::string_view json, google::protobuf::Message* message);

// The customer's view as `message`; its delete if that has no JSON, which no message that was read
// from bytes is without.
Change PutMessage(View view, CustomerId customer, const google::protobuf::Message& message);

}  // namespace dangol::online
