// What is judged when the contact is made: caps, consent, night.
#include "services/campaign/testing/harness.h"

namespace dangol::campaign {
namespace {

using event::v1::EFFECT_RESULT_FAILED;

void SetCap(Harness& h, int count, Micros window) {
  v1::Command command;
  v1::ContactPolicy* p = command.mutable_apply_contact_policy()->mutable_contact_policy();
  p->set_name("shop-policy");
  p->set_business_unit("shop");
  p->add_caps()->set_count(count);
  p->mutable_caps(0)->set_window_us(window);
  ASSERT_TRUE(h.Run(command).ok());
}

TEST(Policy, CapsCountOverCampaignsAndAreFreedByADefiniteFailure) {
  Harness h;
  SetCap(h, 1, 7 * kMicrosPerDay);
  h.AddCustomer(1);
  h.Launch(AlmostAllTreated());
  h.Watermark("win-back", "w1");
  ASSERT_EQ(h.ctx.effects.size(), 1u);
  v1::Campaign other = AlmostAllTreated();
  other.set_name("other");
  h.Launch(other);
  h.Watermark("other", "w1");
  EXPECT_EQ(h.Progress("other").total().suppressed_by_reason().at("OVER_CAP"), 1);
  for (int i = 0; i < 3; ++i) {
    h.Outcome(h.ctx.effects.back(), EFFECT_RESULT_FAILED, "HTTP 503");
    h.Advance(kMicrosPerHour);
  }
  EXPECT_EQ(h.Progress("win-back").total().failed(), 1);
  EXPECT_FALSE(h.Contacts().back().counts_as_contact());
  v1::Campaign third = AlmostAllTreated();
  third.set_name("third");
  h.Launch(third);
  h.Watermark("third", "w1");
  EXPECT_EQ(h.Progress("third").total().in_flight(), 1);
}

TEST(Policy, NightWaitsUntilMorningAndSendsThen) {
  Harness h;
  h.AddCustomer(1);
  h.AdvanceTo(kNoon + 10 * kMicrosPerHour);  // 22:00
  h.Launch(AlmostAllTreated());
  h.Watermark("win-back", "w1");
  EXPECT_EQ(h.ctx.effects.size(), 0u);
  EXPECT_EQ(h.Progress("win-back").total().pending(), 1);
  h.AdvanceTo(kNoon + 20 * kMicrosPerHour);  // 08:00
  EXPECT_EQ(h.ctx.effects.size(), 1u);
}

TEST(Policy, ConsentWithdrawnWhileWaitingIsHeeded) {
  Harness h;
  h.AddCustomer(1);
  h.AdvanceTo(kNoon + 10 * kMicrosPerHour);
  h.Launch(AlmostAllTreated());
  h.Watermark("win-back", "w1");
  h.Consent(1, profile::v1::CONSENT_PURPOSE_MARKETING, false);
  h.AdvanceTo(kNoon + 20 * kMicrosPerHour);
  EXPECT_EQ(h.Progress("win-back").total().suppressed_by_reason().at("NO_CONSENT"), 1);
}

}  // namespace
}  // namespace dangol::campaign
