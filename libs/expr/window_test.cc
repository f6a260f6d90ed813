// Windows at their exact edges, and the instants at which edges pass activities.
#include "libs/expr/window.h"

#include "gtest/gtest.h"
#include "libs/base/rng.h"
#include "libs/expr/testing_view.h"

namespace dangol::expr {
namespace {

const absl::TimeZone kSeoul = Zone("Asia/Seoul");
const absl::TimeZone kBerlin = Zone("Europe/Berlin");

bool Holds(const std::string& text, Micros activity, Micros now, absl::TimeZone zone = kSeoul) {
  TestingView view;
  view.Add("purchase", activity, 100);
  return MustCompile(text)->Evaluate(view, now, zone);
}

TEST(WindowTest, MonthsIncludeTheirBeginningAndExcludeNow) {
  for (const int months : {1, 2, 3, 6}) {
    SCOPED_TRACE(months);
    const std::string text = "count(purchase) IN LAST " + std::to_string(months) + " MONTHS = 1";
    const Micros now = At("2026-07-15 12:00", kSeoul);
    const Micros edge = AddMonths(now, -months, kSeoul);
    EXPECT_FALSE(Holds(text, edge - 1, now));
    EXPECT_TRUE(Holds(text, edge, now));
    EXPECT_TRUE(Holds(text, now - 1, now));
    EXPECT_FALSE(Holds(text, now, now));      // not yet occurred
    EXPECT_FALSE(Holds(text, now + 1, now));  // in the future
  }
}

TEST(WindowTest, DormantIsNoPurchaseInTheHalfOpenWindow) {
  const std::string dormant = "NOT last(purchase) IN LAST 2 MONTHS";
  const Micros day = At("1998-07-01", kSeoul);
  EXPECT_FALSE(Holds(dormant, At("1998-05-01", kSeoul), day));
  EXPECT_TRUE(Holds(dormant, At("1998-05-01", kSeoul) - 1, day));
  EXPECT_TRUE(Holds(dormant, day, day));
}

TEST(WindowTest, MonthEndsClampToTheLastDay) {
  const std::string text = "count(purchase) IN LAST 1 MONTHS = 1";
  const Micros edge = At("2026-02-28", kSeoul);
  for (const char* now : {"2026-03-28", "2026-03-29", "2026-03-30", "2026-03-31"}) {
    EXPECT_TRUE(Holds(text, edge, At(now, kSeoul))) << now;
    EXPECT_FALSE(Holds(text, edge - 1, At(now, kSeoul))) << now;
  }
  EXPECT_FALSE(Holds(text, edge, At("2026-04-01", kSeoul)));
  EXPECT_TRUE(Holds(text, At("2024-02-29", kSeoul), At("2024-03-31", kSeoul)));
}

TEST(WindowTest, DaysAreTwentyFourHours) {
  // Berlin loses an hour on 2026-03-29.
  const Micros now = At("2026-03-29 12:00", kBerlin);
  const std::string text = "count(purchase) IN LAST 1 DAYS = 1";
  EXPECT_TRUE(Holds(text, At("2026-03-28 11:00", kBerlin), now, kBerlin));
  EXPECT_FALSE(Holds(text, At("2026-03-28 11:00", kBerlin) - 1, now, kBerlin));
}

TEST(WindowTest, AgoIsHalfOpenOnBothEnds) {
  const std::string text = "count(purchase) BETWEEN 6 AND 2 MONTHS AGO = 1";
  const Micros now = At("2026-07-15 12:00", kSeoul);
  EXPECT_FALSE(Holds(text, At("2026-01-15 12:00", kSeoul) - 1, now));
  EXPECT_TRUE(Holds(text, At("2026-01-15 12:00", kSeoul), now));
  EXPECT_TRUE(Holds(text, At("2026-05-15 12:00", kSeoul) - 1, now));
  EXPECT_FALSE(Holds(text, At("2026-05-15 12:00", kSeoul), now));
}

TEST(WindowTest, CalendarDaysAreDaysOfTheZone) {
  const Micros midnight = At("2026-01-01", kSeoul);
  const Micros now = At("2026-07-01", kSeoul);
  EXPECT_TRUE(Holds("last(purchase) SINCE 2026-01-01", midnight, now));
  EXPECT_FALSE(Holds("last(purchase) SINCE 2026-01-01", midnight - 1, now));
  EXPECT_TRUE(Holds("last(purchase) BEFORE 2026-01-01", midnight - 1, now));
  EXPECT_FALSE(Holds("last(purchase) BEFORE 2026-01-01", midnight, now));
  EXPECT_TRUE(Holds("last(purchase) ON 2025-12-31", midnight - 1, now));
  EXPECT_FALSE(Holds("last(purchase) AFTER 2025-12-31", midnight - 1, now));
  EXPECT_TRUE(Holds("count(purchase) BETWEEN 2025-12-01 AND 2025-12-31 = 1", midnight - 1, now));
  EXPECT_FALSE(Holds("count(purchase) BETWEEN 2025-12-01 AND 2025-12-31 = 1", midnight, now));
}

// Against a search that only uses the definition: the first flip lies between two probes at which
// Before(t) > instant differs; probes are close enough that no two flips share a gap.
Micros Searched(Micros instant, Offset offset, Micros now, absl::TimeZone zone) {
  const bool passed = Before(now, offset, zone) > instant;
  const auto flipped = [&](Micros t) { return (Before(t, offset, zone) > instant) != passed; };
  const Micros step = 10 * kMicrosPerMinute;
  const Micros limit = now + offset.count * 31 * kMicrosPerDay + 10 * kMicrosPerDay;
  for (Micros low = now; low < limit; low += step) {
    if (!flipped(low + step)) continue;
    Micros high = low + step;
    while (high - low > 1) {
      const Micros middle = low + (high - low) / 2;
      (flipped(middle) ? high : low) = middle;
    }
    return high;
  }
  return kNever;
}

TEST(WindowTest, NextCrossingIsExactAcrossMonthEndsAndClockChanges) {
  Rng rng(7);
  for (const absl::TimeZone zone : {kSeoul, kBerlin, Zone("America/New_York")}) {
    const Micros start = At("2026-01-01", zone);
    for (int i = 0; i < 90; ++i) {
      const Offset offset{static_cast<int64_t>(1 + rng.Below(3)), TimeUnit::kMonths};
      const Micros now = start + static_cast<Micros>(rng.Below(400 * kMicrosPerDay));
      // Near the edge, on both sides, or anywhere in the window.
      const int64_t days = i % 3 == 0 ? 30 * offset.count : 6;
      const Micros instant = Before(now, offset, zone) - kMicrosPerDay +
                             static_cast<Micros>(rng.Below(days * kMicrosPerDay));
      EXPECT_EQ(NextCrossing(instant, offset, now, zone), Searched(instant, offset, now, zone))
          << FormatTime(now, zone) << " " << FormatTime(instant, zone) << " " << offset.count;
    }
  }
}

TEST(WindowTest, AnActivityOfALastFebruaryDayComesBackAtEachMonthEndMidnight) {
  const Offset month{1, TimeUnit::kMonths};
  const Micros noon = At("2026-02-28 12:00", kSeoul);
  Micros now = At("2026-03-01", kSeoul);
  const std::pair<const char*, Micros> expected[] = {
      {"2026-03-28 12:00", 1}, {"2026-03-29", 0}, {"2026-03-29 12:00", 1}, {"2026-03-30", 0},
      {"2026-03-30 12:00", 1}, {"2026-03-31", 0}, {"2026-03-31 12:00", 1}};
  for (const auto& [time, after] : expected) {
    now = NextCrossing(noon, month, now, kSeoul);
    EXPECT_EQ(FormatTime(now - after, kSeoul), FormatTime(At(time, kSeoul), kSeoul));
  }
  EXPECT_EQ(NextCrossing(noon, month, now, kSeoul), kNever);
}

}  // namespace
}  // namespace dangol::expr
