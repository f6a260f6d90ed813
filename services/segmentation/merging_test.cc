// Merges: the ledger of both is that of one who had everything from the start. And erasures.
#include "dangol/event/v1/activity.pb.h"
#include "dangol/event/v1/customer.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/rng.h"
#include "libs/stream/merge.h"
#include "services/segmentation/testing_partition.h"

namespace dangol::segmentation {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
constexpr CustomerId kInto = 10, kFrom = 20, kTwin = 30;

void Merge(TestPartition& p, CustomerId from, CustomerId into) {
  event::v1::CustomerEvent event;
  event.set_customer_id(from);
  event.mutable_merged()->set_into(into);
  p.Send(event);
}
void Erase(TestPartition& p, CustomerId id) {
  event::v1::CustomerEvent event;
  event.set_customer_id(id);
  event.mutable_erased()->set_erasure("erasures/x");
  p.Send(event);
}
std::string Ledger(TestPartition& p, CustomerId id) {
  v1::ExportCustomerResponse all;
  EXPECT_TRUE(ExportCustomer(p.Ask(), id, &all).ok());
  std::vector<std::string> rows;
  for (const v1::LedgerRow& row : all.ledger()) rows.push_back(row.ShortDebugString());
  // Series stand in order of first use.
  std::stable_sort(rows.begin(), rows.end());
  std::string text;
  for (const std::string& row : rows) text += row + "\n";
  return text;
}

event::v1::Activity Random(Rng& rng, int n) {
  event::v1::Activity a;
  a.set_message_id(absl::StrCat("m", n));
  a.set_source(rng.Chance(0.5) ? "pos" : "web");
  a.set_business_unit(TestPartition::kShop);
  a.set_store(absl::StrCat("store ", rng.Below(3)));
  a.set_occurred_time_us(TestPartition::At("2025-06-01") +
                         static_cast<Micros>(rng.Below(180)) * kMicrosPerDay);
  switch (rng.Below(4)) {
    case 0: {
      a.set_external_id(absl::StrCat("o", n));
      a.mutable_purchase()->set_net_minor(1000 * (1 + static_cast<int64_t>(rng.Below(9))));
      auto* line = a.mutable_purchase()->add_lines();
      line->set_brand(absl::StrCat("brand ", rng.Below(4)));
      line->set_quantity(1);
      break;
    }
    case 1:
      a.mutable_return_()->set_order_id(absl::StrCat("o", rng.Below(30)));
      a.mutable_return_()->set_net_minor(500);
      break;
    case 2:
      a.mutable_visit()->set_place(event::v1::VISIT_PLACE_STORE);
      break;
    default:
      a.mutable_web_event()->set_event("view");
      (*a.mutable_web_event()->mutable_properties())["page"] = absl::StrCat(rng.Below(5));
  }
  return a;
}

TEST(MergingTest, MergedIsAsIfAllHadComeToOne) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Rng rng(seed);
    TestPartition p;
    ASSERT_TRUE(p.Apply("buyers", "count(purchase) >= 3").ok());
    ASSERT_TRUE(p.Apply("visitors", "count(visit) IN LAST 60 DAYS >= 1").ok());
    p.Settle();
    const uint64_t merge_at = rng.Below(40);
    for (uint64_t i = 0; i < 40; ++i) {
      if (i == merge_at) Merge(p, kFrom, kInto);
      const event::v1::Activity a = Random(rng, static_cast<int>(i));
      p.Track(kTwin, a);
      const bool both = i < merge_at && rng.Chance(0.1);  // each had it before they were one
      if (both || rng.Chance(0.5))
        p.Track(kFrom, a);
      else
        p.Track(kInto, a);
      if (both) p.Track(kInto, a);
    }
    if (p.ctx.Get(Table::kCustomer, EncodeKey(kInto)) == nullptr) continue;
    EXPECT_EQ(Ledger(p, kInto), Ledger(p, kTwin));
    EXPECT_EQ(p.ctx.Get(Table::kCustomer, EncodeKey(kFrom)), nullptr);
    for (const char* segment : {"buyers", "visitors"}) {
      const auto members = p.Members(segment);
      EXPECT_EQ(std::count(members.begin(), members.end(), kInto),
                std::count(members.begin(), members.end(), kTwin))
          << segment;
      EXPECT_EQ(std::count(members.begin(), members.end(), kFrom), 0);
      EXPECT_EQ(p.Size(segment), static_cast<int64_t>(members.size()));
    }
    EXPECT_EQ(p.ctx.timers.count({1, EncodeKey(kFrom)}), 0u);
  }
}

TEST(MergingTest, MembershipsAreLeftAndEnteredWithCauseMerge) {
  TestPartition p;
  ASSERT_TRUE(p.Apply("one", "count(purchase) >= 1").ok());
  ASSERT_TRUE(p.Apply("two", "count(purchase) >= 2").ok());
  p.Settle();
  p.Buy(kInto, "o1", TestPartition::At("2025-12-01"));
  p.Buy(kFrom, "o2", TestPartition::At("2025-12-02"));
  p.TakeChanges();
  Merge(p, kFrom, kInto);
  const auto events = p.TakeSegmentEvents();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].customer_id(), kFrom);
  EXPECT_EQ(events[1].customer_id(), kInto);
  EXPECT_THAT(TestPartition::Text(events), ElementsAre("-one v1 MERGE 2026-01-01T00:00:00+09:00",
                                                       "+two v1 MERGE 2026-01-01T00:00:00+09:00"));
}

TEST(MergingTest, TheHandOverOfOneWhoDidNothingChangesNothing) {
  TestPartition p;
  p.Buy(kInto, "o1", TestPartition::At("2025-12-01"));
  const std::string before = Ledger(p, kInto);
  Merge(p, kFrom, kInto);
  EXPECT_EQ(Ledger(p, kInto), before);
  p.Buy(kFrom, "o2", TestPartition::At("2025-12-02"));
  EXPECT_NE(Ledger(p, kInto), before) << "what comes later is the other's";
}

TEST(MergingTest, AnErasedCustomerLeavesTheSizesAndIsAcknowledged) {
  TestPartition p;
  ASSERT_TRUE(p.Apply("one", "count(purchase) IN LAST 60 DAYS >= 1").ok());
  p.Settle();
  p.Buy(kInto, "o1", TestPartition::At("2025-12-01"));
  ASSERT_EQ(p.Size("one"), 1);
  p.TakeSegmentEvents();
  Erase(p, kInto);
  EXPECT_EQ(p.Size("one"), 0);
  EXPECT_THAT(p.Members("one"), IsEmpty());
  EXPECT_THAT(p.ctx.timers, IsEmpty());
  ASSERT_EQ(p.ctx.emitted.size(), 1u);
  EXPECT_EQ(p.ctx.emitted[0].key, "") << "an acknowledgement is no one's event";
  const auto events = p.TakeSegmentEvents();
  EXPECT_EQ(events[0].erased().service(), "segmentation");
  EXPECT_EQ(events[0].erased().customer_id(), kInto);
  p.Buy(kInto, "o2", TestPartition::At("2025-12-02"));
  EXPECT_EQ(p.ctx.Get(Table::kCustomer, EncodeKey(kInto)), nullptr);
}

}  // namespace
}  // namespace dangol::segmentation
