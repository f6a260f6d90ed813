// What may enter ingest. Pure checks; identifiers are checked where they are normalised.
#pragma once

#include "libs/base/types.h"
#include "services/profile/domain/problem.h"

namespace dangol::event::v1 {
class Activity;
class CustomerUpsert;
}  // namespace dangol::event::v1
namespace dangol::profile::v1 {
class Consent;
}

namespace dangol::profile {

inline constexpr int kBatchItemsMax = 1000;
inline constexpr size_t kMessageIdBytesMax = 128;
inline constexpr size_t kShortTextBytesMax = 256;
inline constexpr int kPropertiesMax = 64;
inline constexpr size_t kPropertyBytesMax = 1024;
inline constexpr int kLinesMax = 1000;
inline constexpr int64_t kMoneyMinorMax = 1'000'000'000'000'000;  // 10^15: sums fit in 128 bits
inline constexpr int64_t kQuantityMax = 1'000'000'000;
inline constexpr Micros kEarliestTime = -2'208'988'800 * kMicrosPerSecond;  // 1900-01-01 UTC
// How far ahead of the server a source's clock may be.
inline constexpr Micros kAheadMax = kMicrosPerDay;

// `latest` is the latest occurred or observed time accepted (kNever: any; it will be clamped).
MaybeProblem CheckActivity(const event::v1::Activity& activity, Micros latest);
MaybeProblem CheckUpsert(const event::v1::CustomerUpsert& upsert, Micros latest);
// Channel and purpose are there, and evidence where granted.
MaybeProblem CheckConsent(const v1::Consent& consent);

}  // namespace dangol::profile
