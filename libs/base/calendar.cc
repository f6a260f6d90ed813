#include "libs/base/calendar.h"

#include <algorithm>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
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

}  // namespace

absl::StatusOr<absl::TimeZone> LoadZone(absl::string_view name) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(name, &zone)) {
    return BadField("time_zone", name, "is not an IANA time zone", "use one like Asia/Seoul");
  }
  return zone;
}

absl::CivilDay DayOf(Micros t, absl::TimeZone zone) {
  return absl::ToCivilDay(absl::FromUnixMicros(t), zone);
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
  const absl::CivilSecond civil = absl::ToCivilSecond(absl::FromUnixMicros(t), zone);
  const absl::CivilDay day = AddMonths(absl::CivilDay(civil), months);
  const absl::CivilSecond moved(day.year(), day.month(), day.day(), civil.hour(), civil.minute(),
                                civil.second());
  const Micros fraction = ((t % kMicrosPerSecond) + kMicrosPerSecond) % kMicrosPerSecond;
  return absl::ToUnixMicros(absl::FromCivil(moved, zone)) + fraction;
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
  if (text.size() >= 2 &&
      absl::SimpleAtoi(text.substr(0, text.size() - 1), &count) && count >= 0) {
    for (const Unit& unit : kUnits) {
      if (unit.symbol == text.back() && count <= INT64_MAX / unit.micros) {
        return count * unit.micros;
      }
    }
  }
  return BadField("duration", text, "is not a duration", "write a whole number and s, m, h, d or w");
}

std::string FormatDuration(Micros d) {
  for (const Unit& unit : kUnits) {
    if (unit.symbol != 'w' && d >= unit.micros && d % unit.micros == 0) {
      return absl::StrCat(d / unit.micros, std::string(1, unit.symbol));
    }
  }
  return absl::StrCat(static_cast<double>(d) / kMicrosPerSecond, "s");
}

}  // namespace dangol
