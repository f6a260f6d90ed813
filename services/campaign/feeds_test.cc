// Freshness gates over partitions.
#include <memory>

#include "services/campaign/testing/harness.h"

namespace dangol::campaign {
namespace {

v1::Campaign Gated() {
  v1::Campaign c = WinBack();
  c.add_freshness()->set_source("pos");
  c.mutable_freshness(0)->set_max_age_us(kMicrosPerHour);
  return c;
}

event::v1::CustomerEvent ActivityOf(const std::string& source, Micros at) {
  event::v1::CustomerEvent event;
  event.set_customer_id(1);
  event.mutable_activity()->set_source(source);
  event.mutable_activity()->set_occurred_time_us(at);
  event.mutable_activity()->mutable_visit();
  return event;
}

// One scope of several; what it emits to inboxes is carried by the test.
struct Part {
  explicit Part(Partition p) : ctx({Service::kCampaign, p}, 3) {
    ctx.SetNow(kNoon);
    EXPECT_TRUE(processor.OnAcquire(ctx).ok());
  }
  void Define(const v1::Campaign& campaign) {
    event::v1::DefinitionEvent event;
    *event.mutable_campaign() = campaign;
    event.mutable_campaign()->set_version(1);
    event.mutable_campaign()->set_state(v1::CAMPAIGN_STATE_RUNNING);
    Feed(Topic::kDefinition, event.SerializeAsString());
  }
  void Feed(Topic topic, const std::string& bytes) {
    ASSERT_TRUE(processor.Handle({topic, 0, ctx.now(), "", bytes, 1}, ctx).ok());
  }
  void Advance(Micros by) {
    ctx.SetNow(ctx.now() + by);
    for (Timer timer; ctx.PopDueTimer(&timer);) ASSERT_TRUE(processor.OnTimer(timer, ctx).ok());
  }
  void Internal(const std::string& bytes) {
    event::v1::InboxRecord record;
    record.ParseFromString(bytes);
    ASSERT_TRUE(processor.HandleInternal(record.internal(), ctx).ok());
  }

  FakeContext ctx;
  CampaignProcessor processor{SendLimits{}};
};

// A minute for everyone; messages arrive. How many there were.
int Minute(std::vector<std::unique_ptr<Part>>& parts) {
  int messages = 0;
  for (auto& part : parts) part->Advance(kMicrosPerMinute);
  for (auto& part : parts) {
    for (const auto& e : std::exchange(part->ctx.emitted, {})) {
      if (e.topic != Topic::kInboxCampaign) continue;
      ++messages;
      parts[e.partition]->Internal(e.value);
    }
  }
  return messages;
}

std::vector<std::unique_ptr<Part>> ThreeParts() {
  std::vector<std::unique_ptr<Part>> parts;
  for (Partition p = 0; p < 3; ++p) parts.push_back(std::make_unique<Part>(p));
  return parts;
}

// Each partition knew its own customers' activities only: STALE_FEED where none had bought lately.
TEST(Feeds, BugAFeedWasStaleWhereNoCustomerOfThePartitionWasHeardOf) {
  auto parts = ThreeParts();
  for (auto& part : parts) part->Define(Gated());
  for (int i = 0; i < 50; ++i) {
    parts[1]->Feed(Topic::kCustomer,
                   ActivityOf("pos", kNoon + i * kMicrosPerSecond).SerializeAsString());
  }
  EXPECT_EQ(LastHeard(parts[2]->ctx, "pos"), 0);
  EXPECT_EQ(Minute(parts), 1) << "one to partition 0, however many activities";
  EXPECT_EQ(Minute(parts), 2) << "one to each of the others";
  for (auto& part : parts) {
    EXPECT_EQ(LastHeard(part->ctx, "pos"), kNoon + 49 * kMicrosPerSecond);
  }
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Minute(parts), 0) << "nothing new, nothing told";
}

TEST(Feeds, NobodyIsToldOfAFeedWithoutAGateUntilThereIsOne) {
  auto parts = ThreeParts();
  parts[0]->Feed(Topic::kCustomer, ActivityOf("pos", kNoon).SerializeAsString());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Minute(parts), 0);
  for (auto& part : parts) part->Define(Gated());
  EXPECT_EQ(Minute(parts), 2);
  EXPECT_EQ(LastHeard(parts[2]->ctx, "pos"), kNoon);
}

TEST(Feeds, WhatAnotherPartitionHeardOpensTheGate) {
  Harness h;
  h.AddCustomer(1);
  h.Launch(Gated());
  h.Watermark("win-back", "w1");
  EXPECT_EQ(h.Progress("win-back").total().contactable(), 0);
  h.Advance(kMicrosPerMinute);
  v1::Internal message;
  message.mutable_heard()->set_source("pos");
  message.mutable_heard()->set_time_us(h.ctx.now());
  ASSERT_TRUE(h.processor->HandleInternal(message.SerializeAsString(), h.ctx).ok());
  h.Advance(15 * kMicrosPerMinute);
  EXPECT_EQ(h.Progress("win-back").total().contactable(), 1);
}

}  // namespace
}  // namespace dangol::campaign
