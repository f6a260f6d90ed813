#include "libs/base/calendar.h"

#include <algorithm>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/base/status.h"

namespace dangol {
namespace {

struct Unit {
  char symbol;
  Micros micros;
};
constexpr Unit kUnits[] = {{'w', 7 * kMicrosPerDay},
                           {'d', kMicrosPerDay},
                           {'h', kMicrosPerHour},
                           {'m', kMicrosPerMinute},
                           {'s', kMicrosPerSecond}};

int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// Days since 1970-01-01 ⇄ proleptic Gregorian date. Algorithms: Howard Hinnant, "chrono-compatible
// low-level date algorithms", days_from_civil and civil_from_days.
int64_t DaysFromCivil(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const int64_t era = FloorDiv(year, 400);
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
         719'468;
}

struct Date {
  int64_t year;
  int month;
  int day;
};
Date CivilFromDays(int64_t days) {
  days += 719'468;
  const int64_t era = FloorDiv(days, 146'097);
  const int64_t day_of_era = days - era * 146'097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const int month = static_cast<int>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month,
          static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1)};
}

int LastDayOf(int64_t year, int month) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

// Where a zone keeps one offset. Month arithmetic is done for every activity of a window, and a
// look-up in the zone's rules costs more than all the rest of it.
struct OffsetSpan {
  absl::TimeZone zone;
  Micros from = 0;
  Micros to = 0;
  Micros offset = 0;
  bool Holds(Micros t) const { return t >= from && t < to; }
};

const OffsetSpan& SpanAt(Micros t, absl::TimeZone zone) {
  // A memo: forgetting it changes no result. Two of them, for summer and winter of a zone.
  thread_local OffsetSpan spans[2];
  thread_local int oldest = 0;
  for (const OffsetSpan& known : spans) {
    if (known.Holds(t) && known.zone == zone) return known;
  }
  OffsetSpan& span = spans[oldest];
  oldest = 1 - oldest;
  const absl::Time time = absl::FromUnixMicros(t);
  absl::TimeZone::CivilTransition at;
  span.zone = zone;
  span.offset = zone.At(time).offset * kMicrosPerSecond;
  span.from = zone.PrevTransition(time + absl::Microseconds(1), &at)
                  ? absl::ToUnixMicros(zone.At(at.to).trans)
                  : INT64_MIN / 2;
  span.to =
      zone.NextTransition(time, &at) ? absl::ToUnixMicros(zone.At(at.to).trans) : INT64_MAX / 2;
  return span;
}

// Whether the zone keeps its offset for two days on either side of an instant whose distance from
// `t` is at most an offset.
bool Steady(const OffsetSpan& span, Micros t) {
  return t - 2 * kMicrosPerDay >= span.from && t + 2 * kMicrosPerDay < span.to;
}

Micros AddMonthsByRules(Micros t, int months, absl::TimeZone zone) {
  const absl::CivilSecond civil = absl::ToCivilSecond(absl::FromUnixMicros(t), zone);
  const absl::CivilDay day = AddMonths(absl::CivilDay(civil), months);
  const absl::CivilSecond moved(day.year(), day.month(), day.day(), civil.hour(), civil.minute(),
                                civil.second());
  const Micros fraction = ((t % kMicrosPerSecond) + kMicrosPerSecond) % kMicrosPerSecond;
  return absl::ToUnixMicros(absl::FromCivil(moved, zone)) + fraction;
}

}  // namespace

absl::StatusOr<absl::TimeZone> LoadZone(absl::string_view name) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(name, &zone)) {
    return BadField("time_zone", name, "is not an IANA time zone", "use one like Asia/Seoul");
  }
  return zone;
}

absl::CivilDay DayOf(Micros t, absl::TimeZone zone) {
  const Date date = CivilFromDays(FloorDiv(t + SpanAt(t, zone).offset, kMicrosPerDay));
  return absl::CivilDay(date.year, date.month, date.day);
}

Micros StartOfDay(absl::CivilDay day, absl::TimeZone zone) {
  return absl::ToUnixMicros(absl::FromCivil(day, zone));
}

absl::CivilDay AddMonths(absl::CivilDay day, int months) {
  const absl::CivilMonth month = absl::CivilMonth(day) + months;
  const absl::CivilDay last = absl::CivilDay(month + 1) - 1;
  return absl::CivilDay(month.year(), month.month(), std::min(day.day(), last.day()));
}

Micros AddMonths(Micros t, int months, absl::TimeZone zone) {
  const OffsetSpan& span = SpanAt(t, zone);
  const Micros local = t + span.offset;
  const int64_t days = FloorDiv(local, kMicrosPerDay);
  const Date date = CivilFromDays(days);
  const int64_t month = date.year * 12 + date.month - 1 + months;
  const int64_t to_year = FloorDiv(month, 12);
  const int to_month = static_cast<int>(month - to_year * 12) + 1;
  const int64_t to_days =
      DaysFromCivil(to_year, to_month, std::min(date.day, LastDayOf(to_year, to_month)));
  const Micros result = t + (to_days - days) * kMicrosPerDay;
  // Near a change of offset a local time may not exist, or twice: the zone's rules decide.
  const bool safe = result - kMicrosPerDay >= span.from && result + kMicrosPerDay < span.to;
  return safe ? result : AddMonthsByRules(t, months, zone);
}

std::optional<LocalTime> LocalTimeOf(Micros t, absl::TimeZone zone) {
  const OffsetSpan& span = SpanAt(t, zone);
  if (!Steady(span, t)) return std::nullopt;
  const Micros local = t + span.offset;
  const int64_t days = FloorDiv(local, kMicrosPerDay);
  const Date date = CivilFromDays(days);
  return LocalTime{date.year * 12 + date.month - 1, date.day, local - days * kMicrosPerDay};
}

std::optional<Micros> InstantOf(const LocalTime& time, absl::TimeZone zone) {
  const int64_t year = FloorDiv(time.month, 12);
  const Micros local =
      DaysFromCivil(year, time.month - year * 12 + 1, time.day) * kMicrosPerDay + time.of_day;
  const OffsetSpan& span = SpanAt(local, zone);
  if (!Steady(span, local)) return std::nullopt;
  return local - span.offset;
}

int DaysOfMonth(int64_t month) {
  const int64_t year = FloorDiv(month, 12);
  return LastDayOf(year, static_cast<int>(month - year * 12) + 1);
}

int CompletedMonths(absl::CivilDay from, absl::CivilDay to) {
  if (to <= from) return 0;
  int months = static_cast<int>(absl::CivilMonth(to) - absl::CivilMonth(from));
  if (AddMonths(from, months) > to) --months;
  return months;
}

std::string FormatTime(Micros t, absl::TimeZone zone) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*S%Ez", absl::FromUnixMicros(t), zone);
}

absl::StatusOr<Micros> ParseTime(absl::string_view text, absl::TimeZone zone) {
  static constexpr const char* kFormats[] = {"%Y-%m-%dT%H:%M:%E*S%Ez", "%Y-%m-%d %H:%M:%E*S",
                                             "%Y-%m-%dT%H:%M:%E*S", "%Y-%m-%d %H:%M", "%Y-%m-%d"};
  absl::Time time;
  std::string error;
  for (const char* format : kFormats) {
    if (absl::ParseTime(format, std::string(text), zone, &time, &error)) {
      return absl::ToUnixMicros(time);
    }
  }
  return BadField("time", text, "is not a time", "write it like 2026-03-01T09:00:00+09:00");
}

absl::StatusOr<Micros> ParseDuration(absl::string_view text) {
  int64_t count = 0;
  absl::string_view millis = text;
  if (absl::ConsumeSuffix(&millis, "ms") && absl::SimpleAtoi(millis, &count) && count >= 0 &&
      count <= INT64_MAX / kMicrosPerMilli) {
    return count * kMicrosPerMilli;
  }
  if (text.size() >= 2 && absl::SimpleAtoi(text.substr(0, text.size() - 1), &count) && count >= 0) {
    for (const Unit& unit : kUnits) {
      if (unit.symbol == text.back() && count <= INT64_MAX / unit.micros) {
        return count * unit.micros;
      }
    }
  }
  return BadField("duration", text, "is not a duration",
                  "write a whole number and ms, s, m, h, d or w");
}

std::string FormatDuration(Micros d) {
  for (const Unit& unit : kUnits) {
    if (unit.symbol != 'w' && d >= unit.micros && d % unit.micros == 0) {
      return absl::StrCat(d / unit.micros, std::string(1, unit.symbol));
    }
  }
  if (d > 0 && d < kMicrosPerSecond && d % kMicrosPerMilli == 0)
    return absl::StrCat(d / kMicrosPerMilli, "ms");
  return absl::StrCat(static_cast<double>(d) / kMicrosPerSecond, "s");
}

}  // namespace dangol
