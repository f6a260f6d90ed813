#include "libs/expr/currency.h"

#include <algorithm>
#include <sstream>

#include "absl/strings/str_cat.h"

namespace dangol::expr {
namespace {

// Active codes of ISO 4217 list one, by decimals; funds and metals are left out.
constexpr absl::string_view kNone =
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
constexpr absl::string_view kThree = "BHD IQD JOD KWD LYD OMR TND";
constexpr absl::string_view kTwo =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD "
    "CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
    "GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD "
    "MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP "
    "PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS "
    "TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW ZWG";

bool Lists(absl::string_view codes, absl::string_view code) {
  const size_t at = codes.find(code);
  return at != absl::string_view::npos && at % 4 == 0;
}

}  // namespace

std::optional<int> CurrencyDecimals(absl::string_view code) {
  if (code.size() != 3) return std::nullopt;
  if (Lists(kNone, code)) return 0;
  if (Lists(kThree, code)) return 3;
  if (Lists(kTwo, code)) return 2;
  return std::nullopt;
}

std::optional<int64_t> ParseMinor(absl::string_view digits, int decimals) {
  bool negative = false;
  if (!digits.empty() && digits[0] == '-') {
    negative = true;
    digits.remove_prefix(1);
  }
  int64_t minor = 0;
  int after_point = -1;
  if (digits.size() > 16) return std::nullopt;
  for (const char c : digits) {
    if (c == '.') {
      after_point = 0;
      continue;
    }
    minor = minor * 10 + (c - '0');
    if (after_point >= 0 && ++after_point > decimals) return std::nullopt;
  }
  for (int i = std::max(after_point, 0); i < decimals; ++i) minor *= 10;
  return negative ? -minor : minor;
}

std::string FormatMoney(absl::int128 minor, int64_t divisor, absl::string_view currency) {
  const bool negative = minor < 0;
  absl::int128 rounded = ((negative ? -minor : minor) * 2 + divisor) / (2 * absl::int128(divisor));
  const int decimals = CurrencyDecimals(currency).value_or(0);
  std::ostringstream digits;
  digits << rounded;
  std::string text = digits.str();
  if (decimals > 0) {
    while (text.size() <= static_cast<size_t>(decimals)) text.insert(0, "0");
    text.insert(text.size() - decimals, ".");
  }
  return absl::StrCat(negative && rounded != 0 ? "-" : "", text, " ", currency);
}

}  // namespace dangol::expr
