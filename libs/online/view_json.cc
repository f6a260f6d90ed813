#include "libs/online/view_json.h"

#include <google/protobuf/util/json_util.h>

#include "absl/strings/str_cat.h"

namespace dangol::online {

absl::StatusOr<std::string> ToJson(const google::protobuf::Message& message) {
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json);
  if (!status.ok()) return absl::InternalError(absl::StrCat("no JSON: ", status.ToString()));
  return json;
}

Change PutMessage(View view, CustomerId customer, const google::protobuf::Message& message) {
  auto json = ToJson(message);
  return json.ok() ? PutView(view, customer, *std::move(json)) : DeleteView(view, customer);
}

absl::Status FromJson(absl::string_view json, google::protobuf::Message* message) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  const auto status = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(json.data(), json.size()), message, options);
  if (status.ok()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("no view: ", status.ToString()));
}

}  // namespace dangol::online
