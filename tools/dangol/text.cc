#include "tools/dangol/text.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "dangol/common/v1/identifier.pb.h"
#include "libs/base/status.h"
#include "libs/config/currency.h"
#include "tools/dangol/session.h"

namespace dangol::cli {
namespace {

constexpr std::pair<absl::string_view, common::v1::IdentifierType> kTypes[] = {
    {"user_id:", common::v1::IDENTIFIER_TYPE_USER_ID},
    {"card:", common::v1::IDENTIFIER_TYPE_CARD},
    {"phone:", common::v1::IDENTIFIER_TYPE_PHONE},
    {"email:", common::v1::IDENTIFIER_TYPE_EMAIL},
    {"anonymous_id:", common::v1::IDENTIFIER_TYPE_ANONYMOUS_ID},
};

// Of UTF-8: bytes that begin a character.
size_t Width(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

bool IsNumber(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789.,+-% ") == std::string::npos;
}

}  // namespace

std::string Table::ToString() const {
  std::vector<size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  std::string out;
  for (const auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string fill(widths[i] - Width(row[i]), ' ');
      if (i > 0) line += "  ";
      line += IsNumber(row[i]) ? fill + row[i] : row[i] + fill;
    }
    absl::StrAppend(&out, absl::StripTrailingAsciiWhitespace(line), "\n");
  }
  return out;
}

std::string Thousands(int64_t n) {
  std::string digits = absl::StrCat(n);
  const size_t first = n < 0 ? 1 : 0;
  for (size_t at = digits.size(); at > first + 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string Percent(double share) { return absl::StrFormat("%.2f %%", 100 * share); }

std::string TimeText(Micros time) {
  if (time == 0) return "-";
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", absl::FromUnixMicros(time), absl::UTCTimeZone());
}

absl::StatusOr<common::v1::CustomerRef> ParseRef(absl::string_view text) {
  common::v1::CustomerRef ref;
  if (absl::StartsWith(text, "customers/")) {
    ref.set_customer(std::string(text));
    return ref;
  }
  for (const auto& [prefix, type] : kTypes) {
    if (!absl::StartsWith(text, prefix) || text.size() == prefix.size()) continue;
    ref.mutable_identifier()->set_type(type);
    ref.mutable_identifier()->set_value(std::string(text.substr(prefix.size())));
    return ref;
  }
  return Usage(BadField("customer", text, "names no customer",
                        "write customers/…, user_id:42, email:a@b, phone:…, card:… or "
                        "anonymous_id:…"));
}

std::string RefText(const common::v1::CustomerRef& ref) {
  for (const auto& [prefix, type] : kTypes) {
    if (type == ref.identifier().type()) return absl::StrCat(prefix, ref.identifier().value());
  }
  return ref.customer();
}

absl::StatusOr<int> ParsePercent(absl::string_view field, absl::string_view text) {
  int64_t bp = 0;
  absl::string_view number = text;
  absl::ConsumeSuffix(&number, "%");
  if (config::ParseFixed(absl::StripAsciiWhitespace(number), 2, &bp) && bp >= 0 && bp <= 10'000) {
    return static_cast<int>(bp);
  }
  return Usage(BadField(field, text, "is no percentage", "write e.g. 40%"));
}

}  // namespace dangol::cli
