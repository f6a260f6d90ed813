// The readable forms of numbers: every rule is a row of the table in sugar.cc. Private to
// libs/config.
//
//   field of the proto         key in YAML      value
//   lookback_window_us         lookback_window  14d, 36h           (ParseDuration)
//   start_time_us              start_time       2026-03-01 09:00   (ParseTime; UTC without offset)
//   discount_bp                discount         20%, 12.5%
//   a dangol.common.v1.Money   its own name     10000 KRW, 12.50 USD
// The field's own name and number stay valid too.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace google::protobuf {
class Descriptor;
class FieldDescriptor;
class Message;
}  // namespace google::protobuf

namespace dangol::config {

enum class Sugar { kNone, kDuration, kTime, kPercent };

// The rule for an integer field's name, and the YAML key that it allows ("" without a rule).
Sugar SugarOf(const google::protobuf::FieldDescriptor& field, std::string* key);

struct FieldKey {
  const google::protobuf::FieldDescriptor* field = nullptr;
  Sugar sugar = Sugar::kNone;
};
// The field that `key` means in `type`; a field of that very name first. Null when there is none.
FieldKey FindField(const google::protobuf::Descriptor& type, absl::string_view key);
// All keys that FindField knows.
std::vector<std::string> KnownKeys(const google::protobuf::Descriptor& type);

// INVALID_ARGUMENT "is not …; write …" without the value.
absl::StatusOr<int64_t> ParseSugar(Sugar sugar, absl::string_view text);
// False when the value has no readable form that ParseSugar gives back.
bool FormatSugar(Sugar sugar, int64_t value, std::string* text);

bool IsMoney(const google::protobuf::Descriptor& type);
absl::Status ParseMoney(absl::string_view text, google::protobuf::Message* money);
// False for an amount without a known currency.
bool FormatMoney(const google::protobuf::Message& money, std::string* text);

}  // namespace dangol::config
