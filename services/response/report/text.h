// Numbers and names as a reader of the report wants them. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace dangol::response {

// &, <, >, " and ' become entities; safe in text and in quoted attributes. Control characters that
// HTML forbids become U+FFFD.
std::string Escape(absl::string_view text);

// "1,234,567".
std::string Count(int64_t number);
// `decimals` decimals, thousands separated, true minus sign: "−1,234.5".
std::string Number(double value, int decimals);
// A share as a percentage: 0.0812 → "8.1 %". Small shares get more decimals.
std::string Percent(double share);
// Percentage points, signed: 0.0221 → "+2.21".
std::string Points(double difference);

// Minor units as money of `currency`, decimals as ISO 4217 has them, at least two more digits where
// the amount is small: 142.26, "USD" → "$1.4226"; 15000, "KRW" → "₩15,000".
std::string Money(double minor, absl::string_view currency);
std::string SignedMoney(double minor, absl::string_view currency);

// "NO_CONSENT" → "no consent for this channel and purpose"; an unknown reason in plain lower case.
std::string SuppressionInWords(absl::string_view reason);

// p as a reader takes it: "0.023", "below 0.0001".
std::string PValue(double p);

}  // namespace dangol::response
