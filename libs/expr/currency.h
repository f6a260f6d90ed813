// ISO 4217: which currencies exist and how many decimals each has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/strings/string_view.h"

namespace dangol::expr {

// Decimals of the minor unit (KRW 0, USD 2, KWD 3), or nothing for an unknown code. Upper case.
std::optional<int> CurrencyDecimals(absl::string_view code);

// "12.50" with two decimals is 1250; nothing when it has more decimals or over 15 digits.
std::optional<int64_t> ParseMinor(absl::string_view digits, int decimals);
// "12.50 USD"; a fraction minor / divisor is rounded half away from zero to the minor unit.
std::string FormatMoney(absl::int128 minor, int64_t divisor, absl::string_view currency);

}  // namespace dangol::expr
