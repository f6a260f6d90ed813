// Whom a wave selects, and when it is done.
#include "services/campaign/testing/harness.h"

namespace dangol::campaign {
namespace {

using event::v1::EFFECT_RESULT_ACCEPTED;

TEST(Wave, TiesToTheUnitAndFinishesTheCampaign) {
  Harness h;
  h.DefineSegment("staff");
  for (CustomerId id = 1; id <= 5000; ++id) h.AddCustomer(id, id % 10 != 0);
  for (CustomerId id = 1; id <= 50; ++id) h.Move(id, "staff", true);
  v1::Campaign c = WinBack();
  c.mutable_audiences(0)->add_excluded_segments("staff");
  h.Launch(c);
  h.Watermark("win-back", "w1");
  h.OutcomeOfAll(EFFECT_RESULT_ACCEPTED);
  const v1::Progress progress = h.Progress("win-back");
  const v1::Waterfall& total = progress.total();
  EXPECT_EQ(total.selected(), 5000);
  EXPECT_EQ(total.excluded_by_reason().at("EXCLUDED_SEGMENT"), 50);
  EXPECT_EQ(total.suppressed_by_reason().at("NO_CONSENT"), 495);
  EXPECT_EQ(total.pending() + total.in_flight(), 0);
  EXPECT_EQ(total.sent() + total.held_out(), 5000 - 50 - 495);
  EXPECT_NEAR(total.held_out(), 4455 * 0.2, 120);
  EXPECT_TRUE(progress.waves(0).done());
  EXPECT_EQ(h.Get("win-back").state(), v1::CAMPAIGN_STATE_FINISHED);
}

TEST(Wave, RunsOnceHoweverOftenItsMarkComes) {
  Harness h;
  for (CustomerId id = 1; id <= 20; ++id) h.AddCustomer(id);
  h.Watermark("win-back", "w1");  // before the definition: kept until it runs
  h.Launch(AlmostAllTreated());
  h.Pump();
  h.Watermark("win-back", "w1");
  EXPECT_EQ(h.ctx.effects.size(), 20u);
}

TEST(Wave, OncePerCustomerHoldsOverWavesButNotForTheSuppressed) {
  Harness h;
  h.AddCustomer(1);
  h.AddCustomer(2, /*consent=*/false);
  v1::Campaign c = AlmostAllTreated();
  c.set_once_per_customer(true);
  c.mutable_trigger()->mutable_batch()->add_waves()->set_name("w2");
  h.Launch(c);
  h.Watermark("win-back", "w1");
  h.OutcomeOfAll(EFFECT_RESULT_ACCEPTED);
  EXPECT_EQ(h.Get("win-back").state(), v1::CAMPAIGN_STATE_RUNNING);
  h.Consent(2, profile::v1::CONSENT_PURPOSE_MARKETING, true);
  h.Watermark("win-back", "w2");
  h.OutcomeOfAll(EFFECT_RESULT_ACCEPTED);
  EXPECT_EQ(h.ctx.effects.size(), 2u);
  EXPECT_EQ(h.Progress("win-back").total().excluded_by_reason().at("ALREADY_CONTACTED"), 1);
  EXPECT_EQ(h.Get("win-back").state(), v1::CAMPAIGN_STATE_FINISHED);
}

TEST(Wave, ProposesAndContactsWithTheDecidedOffer) {
  Harness h;
  h.DefineOffer("voucher", "10 off");
  h.AddCustomer(1);
  v1::Campaign c = AlmostAllTreated();
  c.mutable_audiences(0)->mutable_cells(0)->add_offers("voucher");
  h.Launch(c);
  h.Watermark("win-back", "w1");
  const auto proposals = h.ctx.EmittedTo<event::v1::ProposalEvent>(Topic::kProposal);
  ASSERT_EQ(proposals.size(), 1u);
  EXPECT_EQ(h.Progress("win-back").total().pending(), 1);
  event::v1::DecisionEvent decision;
  decision.set_customer_id(1);
  decision.set_contact_id(proposals[0].contact_id());
  decision.set_offer("voucher");
  decision.set_propensity(0.5);
  h.Feed(Topic::kDecision, decision);
  ASSERT_EQ(h.ctx.effects.size(), 1u);
  v1::SendRequest send;
  send.ParseFromString(h.ctx.effects[0].payload);
  EXPECT_EQ(send.content(), "Come back: 10 off");
  EXPECT_EQ(h.Contacts().back().propensity(), 0.5);
  EXPECT_EQ(h.Contacts().back().treatment_code(), "win-back.w1.mail");
  // The same decision again (it cannot come, but must not send twice).
  h.Feed(Topic::kDecision, decision);
  EXPECT_EQ(h.ctx.effects.size(), 1u);
}

TEST(Wave, NoOfferIsSuppressedInBothArms) {
  Harness h;
  h.DefineOffer("voucher", "10 off");
  for (CustomerId id = 1; id <= 100; ++id) h.AddCustomer(id);
  v1::Campaign c = WinBack();
  c.mutable_audiences(0)->mutable_cells(0)->add_offers("voucher");
  h.Launch(c);
  h.Watermark("win-back", "w1");
  for (const auto& p : h.ctx.EmittedTo<event::v1::ProposalEvent>(Topic::kProposal)) {
    event::v1::DecisionEvent decision;
    decision.set_contact_id(p.contact_id());
    h.Feed(Topic::kDecision, decision);
  }
  const auto progress = h.Progress("win-back");
  for (const auto& cell : progress.waves(0).audiences(0).cells()) {
    EXPECT_GT(cell.waterfall().assigned(), 0);
    EXPECT_EQ(cell.waterfall().suppressed_by_reason().at("NO_OFFER"), cell.waterfall().assigned());
  }
}

TEST(Wave, ExclusionsAreLookedAtAgainWhenTheContactIsMade) {
  Harness h;
  h.DefineSegment("staff");
  h.AddCustomer(1);
  v1::Campaign c = AlmostAllTreated();
  c.mutable_audiences(0)->add_excluded_segments("staff");
  h.AdvanceTo(kNoon + 10 * kMicrosPerHour);  // night: it waits
  h.Launch(c);
  h.Watermark("win-back", "w1");
  h.Move(1, "staff", true);
  h.AdvanceTo(kNoon + 20 * kMicrosPerHour);
  EXPECT_EQ(h.Progress("win-back").total().suppressed_by_reason().at("EXCLUDED_SEGMENT"), 1);
}

}  // namespace
}  // namespace dangol::campaign
