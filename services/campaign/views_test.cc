// Contact counters as the online store shows them.
#include "services/campaign/views.h"

#include "gtest/gtest.h"
#include "libs/stream/testing/fake_context.h"
#include "services/campaign/records.h"

namespace dangol::campaign {
namespace {

constexpr CustomerId kAnn = 10;

std::string Shown(FakeContext& ctx) {
  std::vector<online::Change> changes;
  Views().view(ctx, kAnn, &changes);
  EXPECT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].view, online::View::kContacts);
  EXPECT_EQ(changes[0].customer, kAnn);
  return changes[0].deleted ? "deleted" : changes[0].value;
}

TEST(CampaignViews, AreTheTimesOfContactsByChannel) {
  FakeContext ctx({Service::kCampaign, 0});
  EXPECT_EQ(Shown(ctx), "deleted") << "nobody yet";
  v1::CustomerRecord record;
  record.add_segments(3);
  SaveCustomer(ctx, kAnn, record);
  EXPECT_EQ(Shown(ctx), "{}");
  Micros time = 1'700'000'000'000'000;
  for (const char* channel : {"push", "email", "push"}) {
    v1::RecentContact* contact = record.add_recent();
    contact->set_channel(channel);
    contact->set_time_us(time++);
  }
  SaveCustomer(ctx, kAnn, record);
  EXPECT_EQ(Shown(ctx),
            R"({"counters":[{"channel":"email","contactTimeUs":["1700000000000001"]},)"
            R"({"channel":"push","contactTimeUs":["1700000000000000","1700000000000002"]}]})");
  ctx.Delete(Table::kCustomer, EncodeKey(kAnn));
  EXPECT_EQ(Shown(ctx), "deleted");
}

}  // namespace
}  // namespace dangol::campaign
