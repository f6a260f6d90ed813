// An activity evaluates only what it can have changed: against an evaluation of everything.
#include "absl/strings/str_cat.h"
#include "dangol/event/v1/activity.pb.h"
#include "gtest/gtest.h"
#include "libs/base/rng.h"
#include "services/segmentation/testing_partition.h"

namespace dangol::segmentation {
namespace {

constexpr CustomerId kCustomers = 3;

void ExpectAsEvaluatedAnew(TestPartition& p, CustomerId first, CustomerId last,
                           const std::string& what) {
  for (CustomerId id = first; id <= last; ++id) {
    const std::string* bytes = p.ctx.Get(Table::kCustomer, EncodeKey(id));
    if (bytes == nullptr) continue;
    auto customer = DecodeCustomer(*bytes);
    ASSERT_TRUE(customer.ok());
    const Micros timer = customer->timer;
    event::v1::MembershipChanged changed;
    std::vector<SizeChange> sizes;
    const Micros next =
        Reevaluate(p.processor.catalogue(), p.ctx.now(), {}, {}, &*customer, &changed, &sizes);
    EXPECT_EQ(changed.ShortDebugString(), "") << what << ", customer " << id;
    EXPECT_EQ(next, timer) << what << ", customer " << id;
  }
}

event::v1::Activity Something(int n, Micros now, Rng& rng) {
  static constexpr const char* kUnits[] = {"shop", "club", "nowhere"};
  event::v1::Activity activity;
  activity.set_message_id(absl::StrCat("m", n));
  activity.set_source("pos");
  activity.set_external_id(absl::StrCat("o", n));
  activity.set_business_unit(kUnits[rng.Below(8) % 3]);
  activity.set_occurred_time_us(now - static_cast<Micros>(rng.Below(100 * kMicrosPerDay)) +
                                2 * kMicrosPerDay);
  switch (rng.Below(4)) {
    case 0:
      activity.mutable_visit();
      break;
    case 1:
      activity.mutable_delivery();
      break;
    case 2:
      activity.mutable_return_()->set_net_minor(10'000);
      activity.mutable_return_()->set_order_id(absl::StrCat("o", n - 1));
      break;
    default:
      activity.mutable_purchase()->set_net_minor(10'000);
      activity.mutable_purchase()->add_lines()->set_sku("s");
  }
  return activity;
}

void Live(TestPartition& p, uint64_t seed) {
  Rng rng(seed);
  p.Settle();
  p.ctx.SetNow(TestPartition::At("2026-01-10 12:00"));
  for (int n = 0; n < 150; ++n) {
    const auto activity = Something(n, p.ctx.now(), rng);
    const CustomerId customer = 1 + rng.Below(kCustomers);
    p.Track(customer, activity);
    ExpectAsEvaluatedAnew(p, customer, customer, activity.ShortDebugString());
    p.AdvanceTo(p.ctx.now() + static_cast<Micros>(rng.Below(3 * kMicrosPerDay)));
    ExpectAsEvaluatedAnew(p, 1, kCustomers, "a while later");
    // Time that no timer has told yet: whatever comes next finds edges passed.
    if (rng.Below(8) == 0) p.ctx.SetNow(p.ctx.now() + 9 * kMicrosPerDay);
  }
}

void AddSegments(TestPartition& p) {
  p.AddUnit("club", "KRW", "Europe/Berlin");
  ASSERT_TRUE(p.Apply("busy", "count(purchase) IN LAST 1 MONTHS >= 2").ok());
  ASSERT_TRUE(p.Apply("gone", "count(purchase) >= 1 AND count(purchase) IN LAST 20 DAYS = 0").ok());
  ASSERT_TRUE(p.Apply("visitors", "count(visit) IN LAST 10 DAYS >= 1").ok());
  ASSERT_TRUE(p.Apply("late", "segment(\"gone\") OR count(visit) IN LAST 3 DAYS >= 2").ok());
  const auto at_club = [&](const char* name, const char* text) {
    return p.Apply(name, text, "", false, "club").ok();
  };
  ASSERT_TRUE(at_club("club-busy", "count(purchase) IN LAST 2 MONTHS >= 2"));
  ASSERT_TRUE(at_club("club-lines", "count(line) >= 3 OR rfm.r = 1 OR stage = \"dormant-2\""));
}

TEST(Affected, TheRestStandsAsItIsRecorded) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    TestPartition p;
    AddSegments(p);
    Live(p, seed);
  }
}

TEST(Affected, EverythingWhereASegmentReadsAnotherUnit) {
  TestPartition p;
  AddSegments(p);
  ASSERT_TRUE(p.Apply("both", "segment(\"club-busy\") AND segment(\"busy\")").ok());
  Live(p, 9);
}

}  // namespace
}  // namespace dangol::segmentation
