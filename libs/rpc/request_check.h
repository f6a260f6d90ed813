// What no request may hold, whatever its RPC. The names of fields say what they are
// (proto/README.md:
// `_time_us` an instant, `_us` a duration, `_minor` an amount, `_micros` a cost), so one walk over
// the message checks them all; what a field means beyond that is its service's to check.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "libs/base/types.h"

namespace google::protobuf {
class Message;
}

namespace dangol::rpc {

inline constexpr int kListItemsMax = 10'000;
inline constexpr int kTextBytesMax = 64 << 10;
inline constexpr int64_t kMinorMax = 1'000'000'000'000'000;   // 10^15: sums stay in 64 bits
inline constexpr int64_t kMicrosMax = 1'000'000'000'000'000;  // 10^9 minor units
inline constexpr Micros kTimeMin = -2'208'988'800 * kMicrosPerSecond;  // 1900-01-01 UTC
inline constexpr Micros kTimeMax = 7'258'118'400 * kMicrosPerSecond;   // 2200-01-01 UTC
inline constexpr Micros kDurationMax = 36'525 * kMicrosPerDay;         // 100 years

// INVALID_ARGUMENT naming the field's path, the value and what would be right, for: a field that
// this server does not know (reason UNKNOWN_FIELD: ignoring it could mean the opposite of what the
// caller wants), an enum value without a name, a list of more than kListItemsMax items, text of
// more than kTextBytesMax bytes or with control characters other than tab and line break, a number
// that is not finite, an instant outside 1900 to 2199 (0 is unset), a duration that is negative or
// beyond kDurationMax, an amount beyond ±kMinorMax, a cost that is negative or beyond kMicrosMax;
// and for an empty `name` of the request itself, which names what it is about. Fields of bytes are
// not looked into.
absl::Status CheckRequest(const google::protobuf::Message& request);

// INVALID_ARGUMENT naming `field`, which the request cannot do without, where `value` is empty.
absl::Status CheckGiven(absl::string_view field, absl::string_view value);

// Of a batch whose items are judged one by one: the batch itself has no field that this server does
// not know.
absl::Status CheckBatch(const google::protobuf::Message& request);

}  // namespace dangol::rpc
