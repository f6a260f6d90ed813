#include "libs/config/scalar.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "libs/base/status.h"
#include "nlohmann/json.hpp"

namespace dangol::config {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Protobuf has SetX for single fields and AddX for repeated ones.
#define DANGOL_STORE(Type, value)                                      \
  (field.is_repeated() ? reflection->Add##Type(message, &field, value) \
                       : reflection->Set##Type(message, &field, value))
#define DANGOL_LOAD(Type)                                                      \
  (field.is_repeated() ? reflection->GetRepeated##Type(message, &field, index) \
                       : reflection->Get##Type(message, &field))

absl::Status Bad(absl::string_view text) { return absl::InvalidArgumentError(text); }

// "MOOD_" of enum Mood, by its zero value MOOD_UNSPECIFIED; "" if it has none.
absl::string_view PrefixOf(const EnumDescriptor& type) {
  absl::string_view name = type.value(0)->name();
  return absl::ConsumeSuffix(&name, "UNSPECIFIED") ? name : absl::string_view();
}

std::string ShortName(const EnumValueDescriptor& value) {
  absl::string_view name = value.name();
  absl::ConsumePrefix(&name, PrefixOf(*value.type()));
  return absl::AsciiStrToLower(name);
}

const EnumValueDescriptor* FindValue(const EnumDescriptor& type, absl::string_view text) {
  for (int i = 0; i < type.value_count(); ++i) {
    if (absl::EqualsIgnoreCase(text, type.value(i)->name()) ||
        absl::EqualsIgnoreCase(text, ShortName(*type.value(i)))) {
      return type.value(i);
    }
  }
  return nullptr;
}

absl::Status StoreEnum(absl::string_view text, const FieldDescriptor& field, Message* message) {
  const EnumDescriptor& type = *field.enum_type();
  const auto* reflection = message->GetReflection();
  if (const auto* value = FindValue(type, text)) {
    DANGOL_STORE(Enum, value);
    return absl::OkStatus();
  }
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) names.push_back(ShortName(*type.value(i)));
  const std::string nearest = Nearest(absl::AsciiStrToLower(text), names);
  return Bad(absl::StrCat("is not a ", type.name(), "; ",
                          nearest.empty() ? absl::StrCat("use one of ", absl::StrJoin(names, ", "))
                                          : absl::StrCat("did you mean ", nearest, "?")));
}

absl::Status NotWhole(absl::string_view text, absl::string_view range) {
  const bool digits = !text.empty() && absl::StripPrefix(text, "-").find_first_not_of(
                                           "0123456789") == absl::string_view::npos;
  if (digits && text != "-") return Bad(absl::StrCat("is out of range; use ", range));
  return Bad("is not a whole number; write digits only, like 12");
}

template <typename T>
absl::Status ParseWhole(absl::string_view text, T* value) {
  if (absl::SimpleAtoi(text, value)) return absl::OkStatus();
  return NotWhole(
      text, absl::StrCat(std::numeric_limits<T>::min(), " to ", std::numeric_limits<T>::max()));
}

absl::Status ParseReal(absl::string_view text, double* value) {
  if (absl::SimpleAtod(text, value) && std::isfinite(*value)) return absl::OkStatus();
  return Bad("is not a number; write it like 0.25");
}

absl::Status StoreSugar(const YamlNode& node, const FieldKey& key, Message* message) {
  const FieldDescriptor& field = *key.field;
  const auto* reflection = message->GetReflection();
  DANGOL_ASSIGN_OR_RETURN(const int64_t value, ParseSugar(key.sugar, node.text));
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
    DANGOL_STORE(Int64, value);
    return absl::OkStatus();
  }
  const auto narrow = static_cast<int32_t>(value);
  if (narrow != value) return Bad("is out of range; use a smaller one");
  DANGOL_STORE(Int32, narrow);
  return absl::OkStatus();
}

bool IsUtf8(const std::string& text) {
  try {
    nlohmann::json(text).dump();
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

absl::Status StoreText(const std::string& text, const FieldDescriptor& field, Message* message) {
  const auto* reflection = message->GetReflection();
  if (!IsUtf8(text)) return Bad("is not UTF-8 text; write it in UTF-8");
  std::string value = text;
  if (field.type() == FieldDescriptor::TYPE_BYTES && !absl::Base64Unescape(text, &value)) {
    return Bad("is not base64; write bytes in base64");
  }
  DANGOL_STORE(String, value);
  return absl::OkStatus();
}

absl::Status StoreBool(absl::string_view text, const FieldDescriptor& field, Message* message) {
  const auto* reflection = message->GetReflection();
  if (text != "true" && text != "false") return Bad("is not true or false; write true or false");
  DANGOL_STORE(Bool, text == "true");
  return absl::OkStatus();
}

absl::Status StoreNumber(absl::string_view text, const FieldDescriptor& field, Message* message) {
  const auto* reflection = message->GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: {
      int32_t value = 0;
      DANGOL_RETURN_IF_ERROR(ParseWhole(text, &value));
      DANGOL_STORE(Int32, value);
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_INT64: {
      int64_t value = 0;
      DANGOL_RETURN_IF_ERROR(ParseWhole(text, &value));
      DANGOL_STORE(Int64, value);
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_UINT32: {
      uint32_t value = 0;
      DANGOL_RETURN_IF_ERROR(ParseWhole(text, &value));
      DANGOL_STORE(UInt32, value);
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_UINT64: {
      uint64_t value = 0;
      DANGOL_RETURN_IF_ERROR(ParseWhole(text, &value));
      DANGOL_STORE(UInt64, value);
      return absl::OkStatus();
    }
    default:
      break;
  }
  double value = 0;
  DANGOL_RETURN_IF_ERROR(ParseReal(text, &value));
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
    DANGOL_STORE(Double, value);
  } else {
    if (std::abs(value) > std::numeric_limits<float>::max()) {
      return Bad("is out of range; use a number below 3e38");
    }
    DANGOL_STORE(Float, static_cast<float>(value));
  }
  return absl::OkStatus();
}

template <typename T>
std::string PrintReal(T value) {
  if (std::isnan(value)) return ".nan";
  if (std::isinf(value)) return value > 0 ? ".inf" : "-.inf";
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value);
  return std::string(buffer, end.ptr);
}

}  // namespace

absl::Status StoreScalar(const YamlNode& node, const FieldKey& key, Message* message) {
  const FieldDescriptor& field = *key.field;
  if (key.sugar != Sugar::kNone) return StoreSugar(node, key, message);
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return StoreText(node.text, field, message);
    case FieldDescriptor::CPPTYPE_ENUM:
      return StoreEnum(node.text, field, message);
    default:
      break;
  }
  if (node.quoted) {
    return Bad(absl::StrCat(
        "is text, and ", field.name(), " is ",
        field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL ? "true or false" : "a number",
        "; write it without quotes"));
  }
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
    return StoreBool(node.text, field, message);
  }
  return StoreNumber(node.text, field, message);
}

std::string PrintScalar(const Message& message, const FieldDescriptor& field, int index) {
  const auto* reflection = message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(DANGOL_LOAD(Int32));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(DANGOL_LOAD(Int64));
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(DANGOL_LOAD(UInt32));
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(DANGOL_LOAD(UInt64));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return PrintReal(DANGOL_LOAD(Double));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return PrintReal(DANGOL_LOAD(Float));
    case FieldDescriptor::CPPTYPE_BOOL:
      return DANGOL_LOAD(Bool) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return ShortName(*DANGOL_LOAD(Enum));
    default:
      break;
  }
  const std::string text = DANGOL_LOAD(String);
  return PrintString(field.type() == FieldDescriptor::TYPE_BYTES ? absl::Base64Escape(text) : text);
}

std::string PrintString(const std::string& text) {
  constexpr absl::string_view kReserved[] = {"null", "true", "false", "yes", "no",
                                             "on",   "off",  "y",     "n"};
  bool plain =
      !text.empty() && (absl::ascii_isalpha(text[0]) || text[0] == '_') && text.back() != ' ';
  for (const char c : text) {
    plain = plain && (absl::ascii_isalnum(c) || absl::StrContains("_-./ ", c));
  }
  for (const absl::string_view word : kReserved) {
    plain = plain && !absl::EqualsIgnoreCase(text, word);
  }
  if (plain) return text;
  using nlohmann::json;
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace dangol::config
