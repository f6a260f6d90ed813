#include "libs/config/currency.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/base/status.h"

namespace dangol::config {
namespace {

constexpr const char* kCodesByExponent[] = {
    // no minor unit
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF", "",
    // hundredths
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD "
    "CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
    "GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD "
    "MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP "
    "PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS "
    "TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG",
    // thousandths
    "BHD IQD JOD KWD LYD OMR TND"};

const absl::flat_hash_map<std::string, int>& Exponents() {
  static const auto* const exponents = [] {
    auto* made = new absl::flat_hash_map<std::string, int>();
    for (int exponent = 0; exponent < 4; ++exponent) {
      for (const auto code : absl::StrSplit(kCodesByExponent[exponent], ' ', absl::SkipEmpty())) {
        made->emplace(code, exponent);
      }
    }
    return made;
  }();
  return *exponents;
}

bool AllDigits(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

}  // namespace

absl::StatusOr<int> CurrencyExponent(absl::string_view currency) {
  const auto found = Exponents().find(currency);
  if (found != Exponents().end()) return found->second;
  const std::string upper = absl::AsciiStrToUpper(currency);
  const bool case_only = Exponents().contains(upper);
  return BadField("currency", currency, "is not an ISO 4217 currency",
                  case_only ? absl::StrCat("write ", upper) : "use a code such as KRW or USD");
}

std::string FormatAmount(int64_t minor, absl::string_view currency) {
  return FormatFixed(minor, CurrencyExponent(currency).value_or(0));
}

bool ParseFixed(absl::string_view text, int decimals, int64_t* value) {
  const size_t point = text.find('.');
  const absl::string_view whole = text.substr(0, point);
  const absl::string_view fraction =
      point == absl::string_view::npos ? absl::string_view() : text.substr(point + 1);
  const absl::string_view digits =
      !whole.empty() && (whole[0] == '-' || whole[0] == '+') ? whole.substr(1) : whole;
  if (digits.empty() || !AllDigits(digits) || !AllDigits(fraction)) return false;
  if (point != absl::string_view::npos && fraction.empty()) return false;
  if (fraction.size() > static_cast<size_t>(decimals)) return false;
  // All digits in one number, so that the sign of -0.50 and the range need no care of their own.
  return absl::SimpleAtoi(
      absl::StrCat(whole, fraction, std::string(decimals - fraction.size(), '0')), value);
}

std::string FormatFixed(int64_t value, int decimals) {
  std::string digits = absl::StrCat(value);
  const std::string sign = value < 0 ? "-" : "";
  digits.erase(0, sign.size());
  if (decimals == 0) return sign + digits;
  if (digits.size() <= static_cast<size_t>(decimals)) {
    digits.insert(0, decimals + 1 - digits.size(), '0');
  }
  digits.insert(digits.size() - decimals, ".");
  return sign + digits;
}

}  // namespace dangol::config
