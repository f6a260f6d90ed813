// ISO 4217: the currencies in use and their minor units.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace dangol::config {

// Decimal places of the currency's minor unit (KRW 0, USD 2, KWD 3). INVALID_ARGUMENT naming the
// nearest code for one that ISO 4217 does not list.
absl::StatusOr<int> CurrencyExponent(absl::string_view currency);

// `minor` units written with the currency's decimals: 1250, "USD" → "12.50"; a currency that is not
// known is written in minor units.
std::string FormatAmount(int64_t minor, absl::string_view currency);

// "12.50" with at most `decimals` decimals as a whole number of 10^-decimals; false for anything
// else or on overflow.
bool ParseFixed(absl::string_view text, int decimals, int64_t* value);
// The opposite: always `decimals` decimals.
std::string FormatFixed(int64_t value, int decimals);

}  // namespace dangol::config
