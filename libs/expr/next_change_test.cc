// NextChange against brute force: random ledgers and expressions, every instant at which anything
// could happen.
#include <set>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "libs/base/rng.h"
#include "libs/expr/testing_view.h"

namespace dangol::expr {
namespace {

const absl::TimeZone kSeoul = Zone("Asia/Seoul");
const absl::TimeZone kBerlin = Zone("Europe/Berlin");

struct World {
  Rng rng;
  absl::TimeZone zone;
  TestingView view;
  std::vector<Micros> instants;
  Micros start = 0;

  World(uint64_t seed, absl::TimeZone in) : rng(seed), zone(in), start(At("2026-01-20", in)) {
    const int count = static_cast<int>(rng.Below(7));
    for (int i = 0; i < count; ++i) {
      const Micros time = RandomTime();
      view.Add(rng.Chance(0.7) ? "purchase" : "visit", time, 1000 * (1 + rng.Below(5)),
               rng.Chance(0.5) ? "A" : "B");
      instants.push_back(time);
    }
    view.traits["joined"] = Value::Time(RandomTime());
    instants.push_back(view.traits["joined"].time);
    view.stage = {"new", RandomTime()};
    view.stage_after = {"existing", kNever};
    instants.push_back(view.stage.until);
    view.rfm = {1, 1, 1, RandomTime()};
    view.rfm_after = {2, 1, 1, kNever};
    instants.push_back(view.rfm.until);
  }

  // Within 100 days, often on the days where months have different ends, or at a midnight.
  Micros RandomTime() {
    if (rng.Chance(0.4)) {
      static const char* const kDays[] = {"2026-01-28", "2026-01-31", "2026-02-27", "2026-02-28",
                                          "2026-03-01", "2026-03-28", "2026-03-29", "2026-03-31"};
      const Micros day = At(kDays[rng.Below(8)], zone);
      return rng.Chance(0.3) ? day : day + static_cast<Micros>(rng.Below(kMicrosPerDay));
    }
    return start + static_cast<Micros>(rng.Below(100 * kMicrosPerDay));
  }

  std::string Pick(std::vector<std::string> choices) { return choices[rng.Below(choices.size())]; }
  std::string Unit() { return Pick({"MONTHS", "MONTHS", "DAYS", "WEEKS", "HOURS"}); }
  std::string Rolling() {
    const int n = static_cast<int>(1 + rng.Below(3));
    if (rng.Chance(0.5)) return absl::StrCat(" IN LAST ", n, " ", Unit());
    return absl::StrCat(" BETWEEN ", n + 1 + rng.Below(3), " AND ", rng.Below(n + 1), " ", Unit(),
                        " AGO");
  }
  std::string Source() {
    return Pick({"purchase", "visit", "purchase WHERE store = \"A\"",
                 "purchase WHERE net > 2000 KRW OR store = \"B\""});
  }

  std::string Leaf() {
    switch (rng.Below(9)) {
      case 0:
        return absl::StrCat("count(", Source(), ")", Rolling(), " >= ", rng.Below(4));
      case 1:
        return absl::StrCat("count(", Source(), ") = ", rng.Below(4));
      case 2:
        return absl::StrCat("sum(purchase.net)", Rolling(), " > ", rng.Below(9000), " KRW");
      case 3:
        return absl::StrCat("avg(purchase.net)", Rolling(), " <= ", rng.Below(5000), " KRW");
      case 4:
        return absl::StrCat(Pick({"first", "last"}), "(", Source(), ")", Rolling());
      case 5:
        return absl::StrCat("recency(", Source(), ") ", Pick({">", ">=", "<", "<="}), " ",
                            rng.Below(4), " ", Unit());
      case 6:
        return absl::StrCat("trait.joined", Rolling());
      case 7:
        return Pick({"stage = \"new\"", "rfm.r = 2", "rfm = \"R1F1M1\""});
      default:
        return absl::StrCat("count(", Source(), ") SINCE 2026-02-", 10 + rng.Below(18), " > 1");
    }
  }

  std::string Expression(int depth) {
    if (depth == 0 || rng.Chance(0.3)) return Leaf();
    const std::string left = Expression(depth - 1);
    if (rng.Chance(0.25)) return absl::StrCat("NOT (", left, ")");
    return absl::StrCat("(", left, Pick({" AND ", " OR "}), Expression(depth - 1), ")");
  }

  // Every instant at which a rule could turn: each instant moved by each offset, one microsecond
  // around, the same on the neighbouring days, and midnights and hours of clock changes.
  std::set<Micros> Candidates() {
    std::set<Micros> all;
    for (Micros t = start; t < start + 330 * kMicrosPerDay; t += kMicrosPerDay / 4) all.insert(t);
    const auto add = [&](Micros t) {
      for (Micros d = -1; d <= 1; ++d) all.insert(t + d);
    };
    for (const Micros instant : instants) {
      add(instant);
      for (int n = 0; n <= 6; ++n) {
        add(instant + n * kMicrosPerHour);
        add(instant + n * kMicrosPerDay);
        add(instant + n * 7 * kMicrosPerDay);
        for (int day = -4; day <= 4; ++day) {
          const Micros moved = AddMonths(instant, n, zone) + day * kMicrosPerDay;
          for (int hour = -1; hour <= 1; ++hour) add(moved + hour * kMicrosPerHour);
          add(StartOfDay(DayOf(moved, zone), zone));
          add(StartOfDay(DayOf(moved, zone), zone) + 2 * kMicrosPerHour);
          add(StartOfDay(DayOf(moved, zone), zone) + 3 * kMicrosPerHour);
        }
      }
    }
    return all;
  }
};

constexpr uint64_t kSeeds = 300;

void Check(uint64_t seed, absl::TimeZone zone) {
  World world(seed, zone);
  const std::string text = world.Expression(static_cast<int>(world.rng.Below(3)));
  const auto compiled = MustCompile(text);
  const Micros now = world.start + static_cast<Micros>(world.rng.Below(110 * kMicrosPerDay));
  const bool result = compiled->Evaluate(world.view, now, zone);
  const Micros next = compiled->NextChange(world.view, now, zone);
  ASSERT_GT(next, now);
  const auto trace = [&] {
    return absl::StrCat("seed ", seed, ": ", text, " at ", FormatTime(now, zone), ", next ",
                        next == kNever ? "never" : FormatTime(next, zone));
  };
  if (next != kNever) {
    EXPECT_EQ(compiled->Evaluate(world.view, next - 1, zone), result) << trace();
    EXPECT_NE(compiled->Evaluate(world.view, next, zone), result) << trace();
  }
  for (const Micros t : world.Candidates()) {
    if (t <= now || t >= next) continue;
    ASSERT_EQ(compiled->Evaluate(world.view, t, zone), result)
        << trace() << " but it changes by " << FormatTime(t, zone);
  }
}

TEST(NextChangeTest, NothingChangesBeforeAndTheResultChangesThen) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Check(seed, seed % 3 == 0 ? kBerlin : kSeoul);
    if (HasFatalFailure()) return;
  }
}

TEST(NextChangeTest, FollowsACustomerThroughTheTiers) {
  const auto dormant = MustCompile(
      "count(purchase) IN LAST 2 MONTHS = 0 AND count(purchase) BETWEEN 6 AND 2 MONTHS AGO > 0");
  TestingView view;
  const Micros bought = At("2026-01-15 10:00", kSeoul);
  view.Add("purchase", bought);
  const Micros enters = dormant->NextChange(view, bought, kSeoul);
  EXPECT_EQ(enters, At("2026-03-15 10:00", kSeoul) + 1);
  const Micros leaves = dormant->NextChange(view, enters, kSeoul);
  EXPECT_EQ(leaves, At("2026-07-15 10:00", kSeoul) + 1);
  EXPECT_EQ(dormant->NextChange(view, leaves, kSeoul), kNever);
}

TEST(NextChangeTest, SeesAnActivityComeBackAtAMonthEndMidnight) {
  const auto recent = MustCompile("count(purchase) IN LAST 1 MONTHS = 1");
  TestingView view;
  view.Add("purchase", At("2026-02-28 12:00", kSeoul));
  const Micros left = At("2026-03-28 12:00", kSeoul) + 1;
  EXPECT_EQ(recent->NextChange(view, At("2026-03-01", kSeoul), kSeoul), left);
  EXPECT_EQ(recent->NextChange(view, left, kSeoul), At("2026-03-29", kSeoul));
}

TEST(NextChangeTest, StopsAfterABoundedNumberOfSteps) {
  const auto never_true = MustCompile("count(purchase) IN LAST 1 DAYS > 1000");
  TestingView view;
  for (int i = 0; i < 600; ++i) view.Add("purchase", 1 + i);
  const Micros next = never_true->NextChange(view, 600 + 1, kSeoul);
  EXPECT_EQ(next, 256 + kMicrosPerDay + 1);
  EXPECT_EQ(never_true->NextChange(view, 600 + 2 * kMicrosPerDay, kSeoul), kNever);
}

}  // namespace
}  // namespace dangol::expr
