// Memberships as the online store shows them.
#include "services/segmentation/views.h"

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/customer.pb.h"
#include "gtest/gtest.h"
#include "services/segmentation/testing_partition.h"

namespace dangol::segmentation {
namespace {

constexpr CustomerId kAnn = 10;

std::string Shown(TestPartition& p) {
  std::vector<online::Change> changes;
  Views().view(p.ctx, kAnn, &changes);
  EXPECT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].view, online::View::kMemberships);
  EXPECT_EQ(changes[0].customer, kAnn);
  return changes[0].deleted ? "deleted" : changes[0].value;
}

TEST(SegmentationViews, AreTheSegmentsThatTheCustomerIsInWithTheirSinceTimes) {
  TestPartition p;
  p.AdvanceTo(TestPartition::At("2026-01-31 10:00"));
  EXPECT_EQ(Shown(p), "deleted") << "nobody yet";
  ASSERT_TRUE(p.Apply("buyers", "count(purchase) IN LAST 1 MONTH >= 1").ok());
  ASSERT_TRUE(p.Apply("loyal", "count(purchase) IN LAST 6 MONTHS >= 2").ok());
  p.Settle();
  p.Buy(kAnn, "o1", p.ctx.now());
  p.AdvanceTo(p.ctx.now() + 1);  // a window holds what is before its end
  const std::string since = absl::StrCat(R"("sinceTimeUs":")", p.ctx.now(), R"("})");
  const std::string buyer =
      absl::StrCat(R"({"memberships":[{"segment":"buyers","segmentVersion":"1",)", since, "]}");
  EXPECT_EQ(Shown(p), buyer);

  p.AdvanceTo(TestPartition::At("2026-02-01 10:00"));
  p.Buy(kAnn, "o2", p.ctx.now());
  p.AdvanceTo(p.ctx.now() + 1);
  const std::string both = absl::StrCat(
      R"({"memberships":[{"segment":"buyers","segmentVersion":"1",)", since,
      R"(,{"segment":"loyal","segmentVersion":"1","sinceTimeUs":")", p.ctx.now(), R"("}]})");
  EXPECT_EQ(Shown(p), both);

  ASSERT_TRUE(p.Delete("loyal").ok());
  p.Settle();
  EXPECT_EQ(Shown(p), buyer);
  p.AdvanceTo(TestPartition::At("2026-04-01"));
  EXPECT_EQ(Shown(p), "{}") << "time alone ended it";
}

TEST(SegmentationViews, GoWithTheCustomer) {
  TestPartition p;
  p.AdvanceTo(TestPartition::At("2026-01-31 10:00"));
  p.Buy(kAnn, "o1", p.ctx.now());
  EXPECT_EQ(Shown(p), "{}");
  event::v1::CustomerEvent event;
  event.set_customer_id(kAnn);
  event.mutable_erased()->set_erasure("erasures/x");
  p.Send(event);
  EXPECT_EQ(Shown(p), "deleted");
}

}  // namespace
}  // namespace dangol::segmentation
