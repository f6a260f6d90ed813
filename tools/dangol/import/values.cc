#include "tools/dangol/import/values.h"

#include <cmath>
#include <ctime>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "dangol/config/v1/import.pb.h"
#include "dangol/profile/v1/customer.pb.h"
#include "libs/base/calendar.h"
#include "libs/base/status.h"
#include "libs/config/currency.h"

namespace dangol::import {

absl::StatusOr<int64_t> ParseMoneyCell(absl::string_view cell,
                                       const config::v1::ImportMoney& money) {
  const bool minor = money.unit() == config::v1::IMPORT_MONEY_UNIT_MINOR;
  DANGOL_ASSIGN_OR_RETURN(const int exponent, config::CurrencyExponent(money.currency()));
  int64_t value = 0;
  const int decimals = minor ? 0 : exponent;
  if (config::ParseFixed(absl::StripAsciiWhitespace(cell), decimals, &value)) return value;
  return absl::InvalidArgumentError(
      absl::StrCat("is no amount in ", money.currency(), " with at most ", decimals, " decimals"));
}

absl::StatusOr<Micros> ParseTimeCell(absl::string_view cell, const std::string& format,
                                     absl::TimeZone zone) {
  if (format.empty()) {
    absl::StatusOr<Micros> time = ParseTime(cell, zone);
    if (time.ok()) return time;
    return absl::InvalidArgumentError("is no time; write YYYY-MM-DD[ HH:MM[:SS]] or RFC 3339");
  }
  // Not absl::ParseTime: its %Y takes all the digits of 19970101.
  const std::string text(cell);
  std::tm tm = {};
  tm.tm_mday = 1;
  const char* end = strptime(text.c_str(), format.c_str(), &tm);
  const absl::CivilSecond civil(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
                                tm.tm_sec);
  if (end == nullptr || *end != '\0' || civil.day() != tm.tm_mday) {  // 31 June is no day
    return absl::InvalidArgumentError(absl::StrCat("is no time of the form ", format));
  }
  if (!absl::StrContains(format, "%z")) return absl::ToUnixMicros(absl::FromCivil(civil, zone));
  return absl::ToUnixMicros(absl::FromCivil(civil, absl::UTCTimeZone())) -
         tm.tm_gmtoff * kMicrosPerSecond;
}

absl::StatusOr<bool> ParseFlagCell(absl::string_view cell) {
  bool flag = false;
  if (absl::SimpleAtob(absl::StripAsciiWhitespace(cell), &flag)) return flag;
  return absl::InvalidArgumentError("is neither 1, true, yes nor 0, false, no");
}

absl::StatusOr<int64_t> ParseWholeCell(absl::string_view cell) {
  int64_t value = 0;
  if (absl::SimpleAtoi(cell, &value)) return value;
  return absl::InvalidArgumentError("is no whole number");
}

absl::Status ParseTraitCell(absl::string_view cell, const config::v1::ImportTrait& trait,
                            absl::TimeZone zone, profile::v1::TraitValue* value) {
  const auto cleaned = trait.values().find(std::string(cell));
  const std::string text(cleaned == trait.values().end() ? std::string(cell) : cleaned->second);
  switch (trait.type()) {
    case config::v1::IMPORT_TRAIT_TYPE_NUMBER: {
      double number = 0;
      if (!absl::SimpleAtod(text, &number) || !std::isfinite(number)) {
        return absl::InvalidArgumentError("is no number");
      }
      value->set_number(number);
      return absl::OkStatus();
    }
    case config::v1::IMPORT_TRAIT_TYPE_FLAG: {
      DANGOL_ASSIGN_OR_RETURN(const bool flag, ParseFlagCell(text));
      value->set_flag(flag);
      return absl::OkStatus();
    }
    case config::v1::IMPORT_TRAIT_TYPE_TIME: {
      DANGOL_ASSIGN_OR_RETURN(const Micros time, ParseTimeCell(text, trait.format(), zone));
      value->set_time_us(time);
      return absl::OkStatus();
    }
    default:
      value->set_text(text);
      return absl::OkStatus();
  }
}

absl::StatusOr<std::string> FillTemplate(absl::string_view text, const Lookup& lookup) {
  std::string out;
  while (true) {
    const size_t open = text.find('{');
    absl::StrAppend(&out, text.substr(0, open));
    if (open == absl::string_view::npos) return out;
    const size_t close = text.find('}', open);
    if (close == absl::string_view::npos) return absl::InvalidArgumentError("has no closing }");
    const absl::string_view name = text.substr(open + 1, close - open - 1);
    const std::string* found = lookup(name);
    if (found == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("knows no {", name, "}"));
    }
    out += *found;
    text.remove_prefix(close + 1);
  }
}

}  // namespace dangol::import
