#include "libs/config/sugar.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "libs/base/calendar.h"
#include "libs/base/status.h"
#include "libs/config/currency.h"

namespace dangol::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

struct Rule {
  absl::string_view last_words;  // the field's name is these, or ends with "_" and these
  absl::string_view unit;        // what the YAML key leaves out
  Sugar sugar;
};

constexpr Rule kRules[] = {
    {"time_us", "_us", Sugar::kTime},         {"at_us", "_us", Sugar::kTime},
    {"from_us", "_us", Sugar::kTime},         {"until_us", "_us", Sugar::kTime},
    {"duration_us", "_us", Sugar::kDuration}, {"window_us", "_us", Sugar::kDuration},
    {"within_us", "_us", Sugar::kDuration},   {"delay_us", "_us", Sugar::kDuration},
    {"timeout_us", "_us", Sugar::kDuration},  {"period_us", "_us", Sugar::kDuration},
    {"interval_us", "_us", Sugar::kDuration}, {"age_us", "_us", Sugar::kDuration},
    {"after_us", "_us", Sugar::kDuration},    {"step_us", "_us", Sugar::kDuration},
    {"every_us", "_us", Sugar::kDuration},    {"expiry_us", "_us", Sugar::kDuration},
    {"coalesce_us", "_us", Sugar::kDuration}, {"bp", "_bp", Sugar::kPercent},
};

bool IsInteger(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_INT64 ||
         field.cpp_type() == FieldDescriptor::CPPTYPE_INT32;
}

bool EndsWithWords(absl::string_view name, absl::string_view words) {
  return absl::ConsumeSuffix(&name, words) && (name.empty() || name.back() == '_');
}

std::string FormatPercent(int64_t bp) {
  std::string text = FormatFixed(bp, 2);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text + "%";
}

}  // namespace

Sugar SugarOf(const FieldDescriptor& field, std::string* key) {
  key->clear();
  if (!IsInteger(field)) return Sugar::kNone;
  for (const Rule& rule : kRules) {
    absl::string_view name = field.name();
    if (EndsWithWords(name, rule.last_words) && absl::ConsumeSuffix(&name, rule.unit)) {
      *key = std::string(name);
      return rule.sugar;
    }
  }
  return Sugar::kNone;
}

FieldKey FindField(const Descriptor& type, absl::string_view key) {
  if (const auto* field = type.FindFieldByName(std::string(key))) return {field, Sugar::kNone};
  std::string allowed;
  for (int i = 0; i < type.field_count(); ++i) {
    const Sugar sugar = SugarOf(*type.field(i), &allowed);
    if (sugar != Sugar::kNone && allowed == key) return {type.field(i), sugar};
  }
  return {};
}

std::vector<std::string> KnownKeys(const Descriptor& type) {
  std::vector<std::string> keys;
  std::string key;
  for (int i = 0; i < type.field_count(); ++i) {
    keys.push_back(type.field(i)->name());
    if (SugarOf(*type.field(i), &key) != Sugar::kNone) keys.push_back(key);
  }
  return keys;
}

absl::StatusOr<int64_t> ParseSugar(Sugar sugar, absl::string_view text) {
  int64_t value = 0;
  switch (sugar) {
    case Sugar::kDuration:
      if (const auto duration = ParseDuration(text); duration.ok()) return *duration;
      return absl::InvalidArgumentError(
          "is not a duration; write a whole number and ms, s, m, h, d or w, like 14d");
    case Sugar::kTime:
      if (const auto time = ParseTime(text, absl::UTCTimeZone()); time.ok()) return *time;
      return absl::InvalidArgumentError(
          "is not a time; write it like 2026-03-01T09:00:00+09:00, or 2026-03-01 09:00 in UTC");
    case Sugar::kPercent:
      if (absl::ConsumeSuffix(&text, "%") &&
          ParseFixed(absl::StripTrailingAsciiWhitespace(text), 2, &value)) {
        return value;
      }
      return absl::InvalidArgumentError("is not a percentage; write it like 20% or 12.5%");
    case Sugar::kNone:
      break;
  }
  return absl::InternalError("no rule for this field");
}

bool FormatSugar(Sugar sugar, int64_t value, std::string* text) {
  switch (sugar) {
    case Sugar::kDuration:
      *text = FormatDuration(value);
      break;
    case Sugar::kTime:
      *text = FormatTime(value);
      break;
    case Sugar::kPercent:
      *text = FormatPercent(value);
      break;
    case Sugar::kNone:
      return false;
  }
  const auto back = ParseSugar(sugar, *text);
  return back.ok() && *back == value;
}

bool IsMoney(const Descriptor& type) { return type.full_name() == "dangol.common.v1.Money"; }

absl::Status ParseMoney(absl::string_view text, Message* money) {
  const std::vector<absl::string_view> parts =
      absl::StrSplit(text, absl::ByAnyChar(" \t"), absl::SkipEmpty());
  if (parts.size() != 2) {
    return absl::InvalidArgumentError("is not an amount; write it like 10000 KRW or 12.50 USD");
  }
  const auto exponent = CurrencyExponent(parts[1]);
  if (!exponent.ok()) {
    const ErrorDetail detail = DetailOf(exponent.status());
    return absl::InvalidArgumentError(
        absl::StrCat("has no known currency: ", detail.fields[0].description));
  }
  int64_t minor = 0;
  if (!ParseFixed(parts[0], *exponent, &minor)) {
    return absl::InvalidArgumentError(absl::StrCat("is not an amount of ", parts[1], "; write it ",
                                                   "with at most ", *exponent, " decimals, like ",
                                                   FormatFixed(1250, *exponent), " ", parts[1]));
  }
  const auto* reflection = money->GetReflection();
  const auto* type = money->GetDescriptor();
  reflection->SetInt64(money, type->FindFieldByName("minor"), minor);
  reflection->SetString(money, type->FindFieldByName("currency"), std::string(parts[1]));
  return absl::OkStatus();
}

bool FormatMoney(const Message& money, std::string* text) {
  const auto* reflection = money.GetReflection();
  const auto* type = money.GetDescriptor();
  const std::string currency = reflection->GetString(money, type->FindFieldByName("currency"));
  if (!CurrencyExponent(currency).ok()) return false;
  *text = absl::StrCat(
      FormatAmount(reflection->GetInt64(money, type->FindFieldByName("minor")), currency), " ",
      currency);
  return true;
}

}  // namespace dangol::config
