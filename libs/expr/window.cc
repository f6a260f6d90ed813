#include "libs/expr/window.h"

#include <algorithm>
#include <array>
#include <optional>

#include "absl/strings/str_cat.h"
#include "libs/base/calendar.h"

namespace dangol::expr {
namespace {

constexpr const char* kUnitNames[] = {"HOURS", "DAYS", "WEEKS", "MONTHS"};
constexpr Micros kUnitMicros[] = {kMicrosPerHour, kMicrosPerDay, 7 * kMicrosPerDay, 0};

// What was computed last, by a hash of the question. An evaluation asks the same few questions of
// every segment, and all customers of a batch the same ones of its time. Forgetting changes no
// result.
class Memo {
 public:
  template <typename Fn>
  Micros Get(Micros t, int months, absl::TimeZone zone, const Fn& compute) {
    const uint64_t hash =
        (static_cast<uint64_t>(t) + static_cast<uint64_t>(months)) * uint64_t{0x9e3779b97f4a7c15};
    Entry& entry = entries_[hash >> (64 - kBits)];
    if (entry.t != t || entry.months != months || entry.zone != zone) {
      entry = {t, months, zone, compute()};
    }
    return entry.result;
  }

 private:
  static constexpr int kBits = 9;
  struct Entry {
    Micros t = kNever;
    int months = 0;
    absl::TimeZone zone;
    Micros result = 0;
  };
  std::array<Entry, size_t{1} << kBits> entries_;
};

struct Edge {
  int months;
  absl::TimeZone zone;
  Micros At(Micros now) const {
    if (months == 0) return now;
    thread_local Memo memo;
    return memo.Get(now, months, zone, [&] { return AddMonths(now, -months, zone); });
  }
};

// The first t in [low, high], at most a few days, with (edge(t) > instant) == want, or kNever. The
// edge runs at the speed of time except at its few jumps. Within a few days those of a month's end
// go one way, and a clock change cannot make good for days: a stretch that is as long at the edge
// as at now has no jump; any other is halved.
Micros FirstIn(const Edge& edge, Micros instant, bool want, Micros low, Micros high) {
  const Micros at_low = edge.At(low);
  if ((at_low > instant) == want) return low;
  if (low == high) return kNever;
  if (edge.At(high) - at_low == high - low) {
    // No jump: the edge can only overtake the instant.
    if (!want) return kNever;
    const Micros t = low + (instant + 1 - at_low);
    return t <= high ? t : kNever;
  }
  const Micros middle = low + (high - low) / 2;
  const Micros found = FirstIn(edge, instant, want, low, middle);
  return found != kNever ? found : FirstIn(edge, instant, want, middle + 1, high);
}

// NextCrossing read off the calendar. With d the day of the month of `target`, the first instant
// after the one asked for, the edge stays before `target` until day d of the month that lies
// edge.months later or, where that month is too short, until the month after begins. From there on
// it is behind, unless d was its month's last day: then the longer month's last days map to d, too,
// and each midnight sets the edge back. nullopt: such a day, or one near a clock change.
std::optional<Micros> CalendarCrossing(const Edge& edge, Micros target, bool passed, Micros now) {
  const std::optional<LocalTime> local = LocalTimeOf(target, edge.zone);
  if (!local) return std::nullopt;
  LocalTime due = *local;
  due.month += edge.months;
  const int days = DaysOfMonth(due.month);
  const bool too_short = local->day > days;
  if (!too_short && local->day < days && local->day == DaysOfMonth(local->month)) {
    return std::nullopt;
  }
  if (too_short) due = {due.month + 1, 1, 0};
  const std::optional<Micros> at = InstantOf(due, edge.zone);
  if (!at || (*at <= now) != passed) return std::nullopt;
  return passed ? kNever : *at;
}

}  // namespace

std::string ToString(Offset offset) {
  return absl::StrCat(offset.count, " ", kUnitNames[static_cast<int>(offset.unit)]);
}

Micros Before(Micros now, Offset offset, absl::TimeZone zone) {
  if (offset.unit == TimeUnit::kMonths) {
    return Edge{static_cast<int>(offset.count), zone}.At(now);
  }
  return now - offset.count * kUnitMicros[static_cast<int>(offset.unit)];
}

Micros NextCrossing(Micros instant, Offset offset, Micros now, absl::TimeZone zone) {
  const Micros edge_now = Before(now, offset, zone);
  if (offset.unit != TimeUnit::kMonths) {
    return edge_now > instant ? kNever : now + (instant - edge_now) + 1;
  }
  const Edge edge{static_cast<int>(offset.count), zone};
  if (edge_now > instant) {
    // Already passed; only a jump back (a month's end, a clock change) lets it in again, and jumps
    // back add up to less than the slack.
    if (edge_now - instant > kEdgeSlack) return kNever;
    if (const auto read = CalendarCrossing(edge, instant + 1, true, now)) return *read;
    return FirstIn(edge, instant, false, now + 1, now + 5 * kMicrosPerDay);
  }
  if (const auto read = CalendarCrossing(edge, instant + 1, false, now)) return *read;
  // Days before due = (the instant's day + months) map to days before the instant's: within due's
  // month their number is below due's, which is at most the instant's. One day covers clock
  // changes.
  const absl::CivilDay due = AddMonths(DayOf(instant, zone), edge.months);
  const Micros from = std::max(now + 1, StartOfDay(due, zone) - kMicrosPerDay);
  return FirstIn(edge, instant, true, from, std::max(from, StartOfDay(due + 6, zone) - 1));
}

}  // namespace dangol::expr
