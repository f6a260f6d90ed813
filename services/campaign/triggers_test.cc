// Activities and moves between segments that make contacts.
#include "services/campaign/domain/contact_id.h"
#include "services/campaign/testing/harness.h"

namespace dangol::campaign {
namespace {

TEST(Trigger, FiresForFreshActivitiesAfterTheDelay) {
  Harness h;
  h.AddCustomer(1);
  h.Launch(OnPurchase(10 * kMicrosPerMinute));
  h.Feed(Topic::kCustomer, Purchase(1, "m1", kNoon));
  h.Feed(Topic::kCustomer, Purchase(1, "old", kNoon - kMicrosPerDay));
  EXPECT_EQ(h.ctx.effects.size(), 0u);
  h.Advance(10 * kMicrosPerMinute);
  ASSERT_EQ(h.ctx.effects.size(), 1u);
  EXPECT_EQ(h.Contacts().back().wave(), "trigger");
  EXPECT_EQ(h.Get("win-back").state(), v1::CAMPAIGN_STATE_RUNNING);
}

TEST(Trigger, ALongChainIsReflexive) {
  Harness h;
  h.AddCustomer(1);
  h.Launch(OnPurchase(0));
  h.ctx.SetHops(kMaxHops + 1);
  h.Feed(Topic::kCustomer, Purchase(1, "m1", kNoon));
  EXPECT_EQ(h.ctx.effects.size(), 0u);
  EXPECT_EQ(h.Contacts().back().suppression_reason(), "REFLEXIVE");
  EXPECT_EQ(h.ctx.counts["campaign_reflexive"], 1)
      << "no label by campaign: there is no end of them";
}

TEST(Trigger, EnteringASegmentByTimeFiresItsDefinitionDoesNot) {
  Harness h;
  h.DefineSegment("dormant");
  v1::Campaign c = AlmostAllTreated();
  c.mutable_trigger()->mutable_segment()->set_segment("dormant");
  h.Launch(c);
  h.AddCustomer(1);
  h.AddCustomer(2);
  h.Move(1, "dormant", true, event::v1::MEMBERSHIP_CAUSE_DEFINITION);
  EXPECT_EQ(h.ctx.effects.size(), 0u);
  h.Move(2, "dormant", true, event::v1::MEMBERSHIP_CAUSE_TIME);
  EXPECT_EQ(h.ctx.effects.size(), 1u);
}

TEST(Trigger, LeavingTheSegmentBeforeTheContactSuppressesIt) {
  Harness h;
  h.DefineSegment("dormant");
  v1::Campaign c = AlmostAllTreated();
  c.mutable_trigger()->mutable_segment()->set_segment("dormant");
  h.Launch(c);
  h.AddCustomer(1);
  h.AdvanceTo(kNoon + 10 * kMicrosPerHour);  // night: it waits
  h.Move(1, "dormant", true, event::v1::MEMBERSHIP_CAUSE_TIME);
  h.Move(1, "dormant", false);
  h.AdvanceTo(kNoon + 20 * kMicrosPerHour);
  EXPECT_EQ(h.Contacts().back().suppression_reason(), "LEFT_SEGMENT");
}

// Of activity triggers nothing was looked at again, of exclusions in no mode.
TEST(Trigger, BugTheAudienceWasNotLookedAtAgainWhenTheContactWasMade) {
  for (const bool leaves : {true, false}) {
    Harness h;
    h.DefineSegment("vip");
    h.DefineSegment("staff");
    v1::Campaign c = OnPurchase(0);
    c.mutable_audiences(0)->set_segment("vip");
    c.mutable_audiences(0)->add_excluded_segments("staff");
    h.Launch(c);
    h.AddCustomer(1);
    h.AddCustomer(2);
    h.Move(1, "vip", true);
    h.Move(2, "vip", true);
    h.AdvanceTo(kNoon + 10 * kMicrosPerHour);  // night: they wait
    h.Feed(Topic::kCustomer, Purchase(1, "m1", h.ctx.now()));
    h.Feed(Topic::kCustomer, Purchase(2, "m2", h.ctx.now()));
    h.Move(1, leaves ? "vip" : "staff", !leaves);
    h.AdvanceTo(kNoon + 20 * kMicrosPerHour);
    EXPECT_EQ(h.ctx.effects.size(), 1u);
    const auto why = Explain(*h.processor, h.ctx, "win-back", 1);
    EXPECT_EQ(why->contacts(0).contact().suppression_reason(),
              leaves ? "LEFT_SEGMENT" : "EXCLUDED_SEGMENT");
    int failed = 0;
    for (const auto& check : why->contacts(0).checks()) {
      if (check.passed()) continue;
      ++failed;
      EXPECT_EQ(check.name(), leaves ? "still in segment vip" : "not in segment staff");
    }
    EXPECT_EQ(failed, 1);
  }
}

}  // namespace
}  // namespace dangol::campaign
