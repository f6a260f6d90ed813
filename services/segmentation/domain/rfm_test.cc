#include "services/segmentation/domain/rfm.h"

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/activity.pb.h"
#include "dangol/segmentation/v1/segment.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/calendar.h"
#include "libs/base/status.h"
#include "services/segmentation/domain/stage.h"

namespace dangol::segmentation {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

absl::TimeZone Seoul() { return *LoadZone("Asia/Seoul"); }
Micros At(absl::string_view text) { return *ParseTime(text, Seoul()); }

class History {
 public:
  History& Buy(absl::string_view when, int64_t net, absl::string_view currency = "") {
    event::v1::Activity a = Base(when);
    a.set_external_id(absl::StrCat("o", ++orders_));
    a.mutable_purchase()->set_net_minor(net);
    a.mutable_purchase()->set_currency(std::string(currency));
    ledger_.Add(a);
    return *this;
  }
  History& Return(absl::string_view when, int order, int64_t net) {
    event::v1::Activity a = Base(when);
    a.mutable_return_()->set_order_id(absl::StrCat("o", order));
    a.mutable_return_()->set_net_minor(net);
    ledger_.Add(a);
    return *this;
  }
  Purchases Before(Micros at) const { return PurchasesBefore(ledger_, "shop", "KRW", at); }
  Rfm Classes(Micros at) const {
    return ComputeRfm(RulesOf(PresetScheme("shop")), Before(at), at, Seoul());
  }
  Rfm Classes(absl::string_view at) const { return Classes(At(at)); }
  expr::Stage Stage(absl::string_view at) const {
    return StageAt(Before(At(at)), {}, At(at), Seoul());
  }

 private:
  event::v1::Activity Base(absl::string_view when) {
    event::v1::Activity a;
    a.set_message_id(absl::StrCat("m", ++messages_));
    a.set_source("pos");
    a.set_business_unit("shop");
    a.set_occurred_time_us(At(when));
    return a;
  }
  Ledger ledger_;
  int orders_ = 0;
  int messages_ = 0;
};

TEST(Rfm, RecencyTurnsAtExactlyTwoAndThreeMonths) {
  History h;
  h.Buy("2026-01-15 10:00", 1'000);
  EXPECT_EQ(h.Classes("2026-01-15 10:00").r, 0) << "an order counts after its instant";
  EXPECT_EQ(h.Classes(At("2026-01-15 10:00") + 1).r, 3);
  EXPECT_EQ(h.Classes("2026-03-15 10:00").r, 3) << "[D − 2 months includes D − 2 months";
  EXPECT_EQ(h.Classes(At("2026-03-15 10:00") + 1).r, 2);
  EXPECT_EQ(h.Classes("2026-04-15 10:00").r, 2);
  EXPECT_EQ(h.Classes(At("2026-04-15 10:00") + 1).r, 1);
  EXPECT_EQ(h.Classes("2026-02-01").until, At("2026-03-15 10:00") + 1);
  EXPECT_EQ(h.Classes("2026-04-01").until, At("2026-04-15 10:00") + 1);
  EXPECT_EQ(h.Classes("2026-06-01").until, kNever);
}

TEST(Rfm, MonthsAreCalendarMonthsOfTheZone) {
  History h;
  h.Buy("2026-12-31 00:30", 1'000);  // still the 30th in UTC
  EXPECT_EQ(h.Classes("2027-02-28 00:30").r, 3);
  EXPECT_EQ(h.Classes("2027-03-01 00:00").r, 2) << "two months before March 1 is January 1";
}

TEST(Rfm, FrequencyCountsDistinctLocalDaysThatEndAtTheLastPurchase) {
  History h;
  h.Buy("2026-01-10 10:00", 1'000).Buy("2026-04-10 10:00", 0);
  EXPECT_EQ(h.Classes("2026-05-01").days, 1) << "(LP − 3 months excludes its beginning";
  h.Buy("2026-01-10 10:01", 1'000);
  EXPECT_EQ(h.Classes("2026-05-01").days, 2) << "a zero-value order counts";
  h.Buy("2026-04-10 00:10", 1'000).Buy("2026-04-09 23:50", 1'000);
  EXPECT_EQ(h.Classes("2026-05-01").days, 3) << "midnight in Seoul, not in UTC";
  EXPECT_EQ(h.Classes("2026-05-01").f, 3);
  EXPECT_EQ(h.Classes("2026-12-01").f, 3) << "anchored at the last purchase, not at D";
}

TEST(Rfm, MonetaryEdgesAreExact) {
  const auto m = [](int64_t a, int64_t b) {
    History h;
    h.Buy("2026-01-10", a).Buy("2026-01-11", b);
    return h.Classes("2026-02-01").m;
  };
  EXPECT_EQ(m(100'000, 100'000), 1) << "class 1 includes 100,000";
  EXPECT_EQ(m(100'000, 100'001), 2);
  EXPECT_EQ(m(500'000, 499'999), 2);
  EXPECT_EQ(m(500'000, 500'000), 3) << "class 3 includes 500,000";
  EXPECT_EQ(m(0, 200'000), 1) << "zero-value orders are orders";
}

TEST(Rfm, AnotherCurrencyLeavesNoMonetaryClass) {
  History h;
  h.Buy("2026-01-10", 600'000).Buy("2026-01-11", 100, "USD");
  const Rfm rfm = h.Classes("2026-02-01");
  EXPECT_EQ(rfm.m, 0);
  EXPECT_TRUE(rfm.foreign);
  EXPECT_EQ(rfm.f, 2);
  h.Buy("2026-06-11", 600'000);
  EXPECT_EQ(h.Classes("2026-07-01").m, 3) << "outside the window it does not matter";
}

TEST(Rfm, ReturnsComeOff) {
  History h;
  h.Buy("2026-01-10", 600'000).Buy("2026-01-20", 600'000).Return("2026-01-25", 2, 600'000);
  EXPECT_EQ(h.Classes("2026-01-24").days, 2);
  const Rfm after = h.Classes("2026-02-01");
  EXPECT_EQ(after.days, 1) << "an order that came back whole was not made";
  EXPECT_EQ(after.sum_minor, 600'000);
  EXPECT_EQ(h.Classes("2026-01-24").until, At("2026-01-25") + 1);
  h.Return("2026-01-26", 1, 150'000);
  EXPECT_EQ(h.Classes("2026-02-01").m, 2);
}

TEST(Rfm, WarnsOfClassesEmptyByConstruction) {
  v1::RfmScheme scheme = PresetScheme("shop");
  EXPECT_TRUE(ValidateScheme(scheme, "KRW").ok());
  EXPECT_THAT(EmptyClasses(RulesOf(scheme)), IsEmpty());
  scheme.set_recency_months(1, 2);
  scheme.set_frequency_days(0, 1);
  scheme.set_frequency_days(1, 120);
  EXPECT_THAT(
      EmptyClasses(RulesOf(scheme)),
      ElementsAre(HasSubstr("class R2 is"), HasSubstr("class F1 is"), HasSubstr("class F3 is")));
  scheme.set_frequency_days(0, 121);
  EXPECT_EQ(DetailOf(ValidateScheme(scheme, "KRW")).fields.at(0).field,
            "rfm_scheme.frequency_days[1]");
  EXPECT_EQ(DetailOf(ValidateScheme(PresetScheme("shop"), "USD")).fields.at(0).field,
            "rfm_scheme.currency");
}

TEST(Stage, TurnsAtExactlyTwoSixAndTwelveMonths) {
  History h;
  EXPECT_EQ(h.Stage("2026-01-01").name, "prospect");
  h.Buy("2025-01-10", 1'000).Buy("2026-01-10", 1'000);
  EXPECT_EQ(h.Stage("2025-01-11").name, "new");
  EXPECT_EQ(h.Stage("2025-07-09").name, "new") << "five completed months";
  EXPECT_EQ(h.Stage("2025-07-10").name, "dormant-2") << "six completed months";
  EXPECT_EQ(h.Stage("2025-07-11").name, "dormant-6");
  EXPECT_EQ(h.Stage("2026-01-10").name, "dormant-6");
  EXPECT_EQ(h.Stage("2026-01-11").name, "existing");
  EXPECT_EQ(h.Stage("2026-03-10").name, "existing") << "in [D − 2 months, D)";
  EXPECT_EQ(h.Stage("2026-03-11").name, "dormant-2");
  EXPECT_EQ(h.Stage("2026-07-10").name, "dormant-2");
  EXPECT_EQ(h.Stage("2026-07-11").name, "dormant-6");
  EXPECT_EQ(h.Stage("2027-01-10").name, "dormant-6");
  EXPECT_EQ(h.Stage("2027-01-11").name, "dormant-12");
  EXPECT_EQ(h.Stage("2026-02-01").until, At("2026-03-10") + 1);
}

TEST(Stage, ARestrictionComesFirst) {
  History h;
  h.Buy("2026-01-10", 1'000);
  const Micros now = At("2026-02-01");
  EXPECT_EQ(StageAt(h.Before(now), {true, now + 5}, now, Seoul()).name, "do-not-serve");
  EXPECT_EQ(StageAt(h.Before(now), {true, now + 5}, now, Seoul()).until, now + 5);
}

}  // namespace
}  // namespace dangol::segmentation
