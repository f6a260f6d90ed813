// Rolling windows: where "n units before now" lies, and when a moving edge passes an instant.
#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "libs/base/types.h"

namespace dangol::expr {

enum class TimeUnit : uint8_t { kHours, kDays, kWeeks, kMonths };

// `count` units. A day is exactly 24 hours and a week 7 days; a month is a calendar month in the
// business's zone.
struct Offset {
  int64_t count = 0;
  TimeUnit unit = TimeUnit::kDays;
};

std::string ToString(Offset offset);  // "90 DAYS"

// now - offset. Months: dangol::AddMonths, which keeps the time of day and clamps the day, so that
// this is *not* monotone in `now`: on Mar 28, 29, 30 and 31 "1 MONTH" before is Feb 28.
Micros Before(Micros now, Offset offset, absl::TimeZone zone);

// The earliest t > now at which (Before(t) > instant) differs from (Before(now) > instant), exact
// to the microsecond across month ends and daylight saving; kNever if it never does.
Micros NextCrossing(Micros instant, Offset offset, Micros now, absl::TimeZone zone);

// An instant further than this behind the edge is never passed by it again.
inline constexpr Micros kEdgeSlack = 3 * kMicrosPerDay;

}  // namespace dangol::expr
