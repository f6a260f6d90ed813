// Civil-time arithmetic in an IANA time zone (Abseil carries the database).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "libs/base/types.h"

namespace dangol {

// INVALID_ARGUMENT for a name that is not in the IANA database.
absl::StatusOr<absl::TimeZone> LoadZone(absl::string_view name);

absl::CivilDay DayOf(Micros t, absl::TimeZone zone);
Micros StartOfDay(absl::CivilDay day, absl::TimeZone zone);

// `months` calendar months later (or earlier); a day that the month lacks becomes its last day.
absl::CivilDay AddMonths(absl::CivilDay day, int months);
Micros AddMonths(Micros t, int months, absl::TimeZone zone);  // keeps the time of day

// An instant as the zone's calendar shows it.
struct LocalTime {
  int64_t month = 0;  // year * 12 + month of the year from 0
  int day = 1;
  Micros of_day = 0;
};
// Both ways cheaply, where the zone's clocks do not change within a day: nullopt near a change.
std::optional<LocalTime> LocalTimeOf(Micros t, absl::TimeZone zone);
std::optional<Micros> InstantOf(const LocalTime& time, absl::TimeZone zone);
int DaysOfMonth(int64_t month);  // as LocalTime counts them

// Completed calendar months from `from` to `to` (0 if `to` is earlier).
int CompletedMonths(absl::CivilDay from, absl::CivilDay to);

// RFC 3339 with the zone's offset, seconds (or fractions where present).
std::string FormatTime(Micros t, absl::TimeZone zone = absl::UTCTimeZone());
// RFC 3339, or "YYYY-MM-DD[ HH:MM[:SS]]" in `zone`. INVALID_ARGUMENT otherwise.
absl::StatusOr<Micros> ParseTime(absl::string_view text, absl::TimeZone zone);

// "20ms", "90s", "15m", "36h", "14d", "2w": whole units. Months are not a duration; see AddMonths.
absl::StatusOr<Micros> ParseDuration(absl::string_view text);
std::string FormatDuration(Micros d);

}  // namespace dangol
