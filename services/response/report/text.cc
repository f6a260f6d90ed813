#include "services/response/report/text.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "libs/config/currency.h"

namespace dangol::response {
namespace {

constexpr absl::string_view kMinus = "\u2212";
constexpr absl::string_view kThinSpace = "\u202f";

std::string Separate(absl::string_view digits) {
  std::string out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

std::string Symbol(absl::string_view currency) {
  static const auto* const symbols = new std::map<std::string, std::string, std::less<>>{
      {"EUR", "€"}, {"GBP", "£"}, {"JPY", "¥"}, {"KRW", "₩"}, {"USD", "$"}};
  const auto it = symbols->find(currency);
  if (it != symbols->end()) return it->second;
  const bool code = std::all_of(currency.begin(), currency.end(), absl::ascii_isupper);
  return code && !currency.empty() ? absl::StrCat(currency, kThinSpace) : "";
}

std::string MoneyOf(double minor, absl::string_view currency, absl::string_view sign) {
  const auto exponent = config::CurrencyExponent(currency);
  const int decimals = exponent.ok() ? *exponent : 0;
  const double major = std::fabs(minor) / std::pow(10.0, decimals);
  // An amount a head is small: cents alone would hide it.
  int shown = decimals;
  if (major > 0 && major < 10) shown = std::max(decimals, 2) + (decimals > 0 ? 2 : 0);
  if (major >= 10'000) shown = 0;
  std::string text = Number(major, shown);
  for (; shown > decimals && shown > 2 && text.back() == '0'; --shown) text.pop_back();
  return absl::StrCat(sign, Symbol(currency), text);
}

}  // namespace

std::string Escape(absl::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default: {
        const bool control = static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
        out += control || c == 0x7f ? std::string("\uFFFD") : std::string(1, c);
      }
    }
  }
  return out;
}

std::string Count(int64_t number) {
  const std::string digits = std::to_string(number);
  if (number < 0) return absl::StrCat(kMinus, Separate(absl::string_view(digits).substr(1)));
  return Separate(digits);
}

std::string Number(double value, int decimals) {
  if (!std::isfinite(value)) return "n/a";
  std::string text = absl::StrFormat("%.*f", decimals, std::fabs(value));
  const bool zero = text.find_first_not_of("0.") == std::string::npos;
  const size_t point = std::min(text.find('.'), text.size());
  return absl::StrCat(value < 0 && !zero ? kMinus : "", Separate(text.substr(0, point)),
                      text.substr(point));
}

std::string Percent(double share) {
  const double percent = share * 100;
  const double size = std::fabs(percent);
  return absl::StrCat(Number(percent, size == 0 || size >= 10 ? 1
                                      : size >= 1             ? 2
                                                              : 3),
                      kThinSpace, "%");
}

std::string Points(double difference) {
  const double points = difference * 100;
  const int decimals = std::fabs(points) >= 1 ? 2 : 3;
  return absl::StrCat(points > 0 ? "+" : "", Number(points, decimals));
}

std::string Money(double minor, absl::string_view currency) {
  if (!std::isfinite(minor)) return "n/a";
  return MoneyOf(minor, currency, minor < 0 ? kMinus : "");
}

std::string SignedMoney(double minor, absl::string_view currency) {
  if (!std::isfinite(minor)) return "n/a";
  return MoneyOf(minor, currency, minor < 0 ? kMinus : minor > 0 ? "+" : "");
}

std::string SuppressionInWords(absl::string_view reason) {
  static const auto* const words = new std::map<std::string, std::string, std::less<>>{
      {"NO_CONSENT", "no consent for this channel and purpose"},
      {"DO_NOT_SERVE", "asked not to be served"},
      {"OVER_CAP", "already contacted as often as the contact policy allows"},
      {"NO_OFFER", "no offer was eligible"},
      {"LEFT_SEGMENT", "left the segment before the contact"},
      {"PAUSED", "the campaign was paused"},
      {"CANCELLED", "the campaign was cancelled"},
      {"ERASED", "erased on request"},
      {"MERGED", "the same person under another customer id"},
      {"NO_ADDRESS", "no address for this channel"},
      {"STALE_FEED", "a feed that must be fresh was not"},
      {"REFLEXIVE", "set off by a chain of Dangol's own events"},
      {"TOO_LATE", "could not be sent in time"}};
  const auto it = words->find(reason);
  if (it != words->end()) return it->second;
  return absl::AsciiStrToLower(absl::StrReplaceAll(reason, {{"_", " "}}));
}

std::string PValue(double p) {
  if (p < 0.0001) return "below 0.0001";
  return absl::StrFormat("%.*f", p < 0.01 ? 4 : 3, p);
}

}  // namespace dangol::response
