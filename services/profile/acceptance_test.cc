#include "services/profile/acceptance.h"

#include "gtest/gtest.h"
#include "libs/stream/testing/fake_context.h"
#include "services/profile/sums.h"

namespace dangol::profile {
namespace {

void CountDuplicate(Sums& sums, Context& ctx) {
  sums.Change(ctx, [](v1::StatsRecord* stats) { stats->set_duplicates(stats->duplicates() + 1); });
}

// The runtime undoes an event by putting back the rows it changed, and tells nobody.
TEST(SumsTest, AnUndoneEventLeavesNothing) {
  FakeContext ctx({Service::kProfile, 0}, 1);
  Sums sums;
  CountDuplicate(sums, ctx);
  ctx.Delete(Table::kShared, kStatsKey);
  CountDuplicate(sums, ctx);
  EXPECT_EQ(LoadStats(ctx).duplicates(), 1) << "the first row was undone";
  const std::string before = *ctx.Get(Table::kShared, kStatsKey);
  CountDuplicate(sums, ctx);
  EXPECT_EQ(LoadStats(ctx).duplicates(), 2);
  ctx.Put(Table::kShared, kStatsKey, before);
  CountDuplicate(sums, ctx);
  EXPECT_EQ(LoadStats(ctx).duplicates(), 2) << "the second was undone";
}

TEST(SumsTest, SeesWhatOthersChange) {
  FakeContext ctx({Service::kProfile, 0}, 1);
  Sums sums;
  CountDuplicate(sums, ctx);
  v1::StatsRecord stats = LoadStats(ctx);
  stats.set_customers(7);
  StoreStats(ctx, stats);
  CountDuplicate(sums, ctx);
  EXPECT_EQ(LoadStats(ctx).duplicates(), 2);
  EXPECT_EQ(LoadStats(ctx).customers(), 7);
}

TEST(StagesTest, OnlyMembershipsWithoutStagesArePassedOver) {
  event::v1::SegmentEvent event;
  event.set_customer_id(uint64_t{1} << 63);
  event.mutable_membership()->add_changes()->set_segment("loyal");
  const std::string plain = event.SerializeAsString();
  EXPECT_FALSE(MayHoldStages(plain));
  for (size_t n = plain.size() - 1; n > 11; --n) {
    EXPECT_TRUE(MayHoldStages(absl::string_view(plain).substr(0, n))) << "for the parser to refuse";
  }
  event.mutable_membership()->add_stages()->set_stage("new");
  EXPECT_TRUE(MayHoldStages(event.SerializeAsString()));
  event.mutable_erased()->set_erasure("erasures/1");
  EXPECT_TRUE(MayHoldStages(event.SerializeAsString()));
}

}  // namespace
}  // namespace dangol::profile
