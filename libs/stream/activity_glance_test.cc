#include "libs/stream/activity_glance.h"

#include "dangol/event/v1/customer.pb.h"
#include "gtest/gtest.h"

namespace dangol {
namespace {

using event::v1::CustomerEvent;

CustomerEvent Purchase() {
  CustomerEvent event;
  event.set_customer_id(uint64_t{1} << 63);
  event.mutable_activity()->set_message_id("m1");
  event.mutable_activity()->set_source("pos");
  event.mutable_activity()->set_business_unit("shop");
  event.mutable_activity()->set_occurred_time_us(-5);
  event.mutable_activity()->mutable_purchase()->set_net_minor(500);
  return event;
}

TEST(ActivityGlanceTest, SeesWhatTheParserSees) {
  CustomerEvent event = Purchase();
  const std::string plain = event.SerializeAsString();
  const auto glance = GlanceAtActivity(plain);
  ASSERT_TRUE(glance);
  EXPECT_EQ(glance->source, "pos");
  EXPECT_EQ(glance->business_unit, "shop");
  EXPECT_EQ(glance->occurred_time_us, -5);
  EXPECT_FALSE(glance->reissued);
  event.set_reissued(true);
  const std::string reissued = event.SerializeAsString();
  ASSERT_TRUE(GlanceAtActivity(reissued));
  EXPECT_TRUE(GlanceAtActivity(reissued)->reissued);
}

TEST(ActivityGlanceTest, LeavesEverythingElseToTheParser) {
  EXPECT_FALSE(GlanceAtActivity(""));
  CustomerEvent merged;
  merged.set_customer_id(7);
  EXPECT_FALSE(GlanceAtActivity(merged.SerializeAsString()));
  merged.mutable_merged()->set_into(8);
  EXPECT_FALSE(GlanceAtActivity(merged.SerializeAsString()));
  const std::string plain = Purchase().SerializeAsString();
  // Two of them are one activity to protobuf; the last kind is the event's.
  EXPECT_FALSE(GlanceAtActivity(plain + plain));
  EXPECT_FALSE(GlanceAtActivity(plain + merged.SerializeAsString()));
  EXPECT_FALSE(GlanceAtActivity(plain + "\xff"));
}

TEST(ActivityGlanceTest, EveryTruncationIsForTheParser) {
  const std::string plain = Purchase().SerializeAsString();
  for (size_t n = 0; n < plain.size(); ++n) {
    EXPECT_FALSE(GlanceAtActivity(absl::string_view(plain).substr(0, n))) << n;
  }
}

}  // namespace
}  // namespace dangol
