// Waves, triggers, policy at send time, the send ledger.
#include <set>

#include "services/campaign/domain/contact_id.h"
#include "services/campaign/testing/harness.h"

namespace dangol::campaign {
namespace {

using event::v1::EFFECT_RESULT_ACCEPTED;
using event::v1::EFFECT_RESULT_FAILED;
using event::v1::EFFECT_RESULT_UNKNOWN;

// All in one treated cell, but for the control share that must be.
v1::Campaign AlmostAllTreated() {
  v1::Campaign c = WinBack();
  c.mutable_audiences(0)->mutable_cells(0)->set_share_bp(9999);
  c.mutable_audiences(0)->mutable_cells(1)->set_share_bp(1);
  return c;
}

void SetCap(Harness& h, int count, Micros window) {
  v1::Command command;
  v1::ContactPolicy* p = command.mutable_apply_contact_policy()->mutable_contact_policy();
  p->set_name("shop-policy");
  p->set_business_unit("shop");
  p->add_caps()->set_count(count);
  p->mutable_caps(0)->set_window_us(window);
  ASSERT_TRUE(h.Run(command).ok());
}

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

TEST(Sends, PacingKeepsTheRestInOrder) {
  SendLimits limits;
  limits.attempting_max = 2;
  Harness h(limits);
  for (CustomerId id = 1; id <= 10; ++id) h.AddCustomer(id);
  h.Launch(AlmostAllTreated());
  h.Watermark("win-back", "w1");
  EXPECT_EQ(h.ctx.effects.size(), 2u);
  h.Outcome(h.ctx.effects[0], EFFECT_RESULT_ACCEPTED);
  EXPECT_EQ(h.ctx.effects.size(), 3u);
  h.answered = 1;
  h.OutcomeOfAll(EFFECT_RESULT_ACCEPTED);
  EXPECT_EQ(h.Progress("win-back").total().sent(), 10);
  EXPECT_EQ(h.Get("win-back").state(), v1::CAMPAIGN_STATE_FINISHED);
}

TEST(Sends, AnAmbiguousSendIsNotRepeatedUnlessIdempotent) {
  for (const bool idempotent : {false, true}) {
    Harness h;
    v1::Command channel;
    v1::Channel* c = channel.mutable_apply_channel()->mutable_channel();
    c->set_name("hook");
    c->set_consent_channel("email");
    c->mutable_webhook()->set_url("http://localhost:1/");
    c->mutable_webhook()->set_idempotent(idempotent);
    ASSERT_TRUE(h.Run(channel).ok());
    h.AddCustomer(1);
    h.Launch(AlmostAllTreated());
    h.Watermark("win-back", "w1");
    h.Outcome(h.ctx.effects[0], EFFECT_RESULT_UNKNOWN, "timeout");
    h.Advance(kMicrosPerHour);
    ASSERT_EQ(h.ctx.effects.size(), idempotent ? 2u : 1u);
    EXPECT_TRUE(h.Contacts().back().counts_as_contact());
    if (!idempotent) {
      EXPECT_EQ(h.Progress("win-back").total().unknown(), 1);
      continue;
    }
    EXPECT_EQ(h.ctx.effects[1].id, h.ctx.effects[0].id);
    // Two more: bounded, and the end is unknown, not failed.
    h.Outcome(h.ctx.effects[1], EFFECT_RESULT_FAILED, "HTTP 503");
    h.Advance(kMicrosPerHour);
    h.Outcome(h.ctx.effects[2], EFFECT_RESULT_FAILED, "HTTP 503");
    h.Advance(kMicrosPerHour);
    EXPECT_EQ(h.ctx.effects.size(), 3u);
    EXPECT_EQ(h.Progress("win-back").total().unknown(), 1);
  }
}

// Found by killing dangold three times within one wave: the contact ended as unknown.
TEST(Sends, CrashesDoNotUseUpTheTriesOfAnIdempotentChannel) {
  Harness h;
  v1::Command channel;
  v1::Channel* c = channel.mutable_apply_channel()->mutable_channel();
  c->set_name("hook");
  c->set_consent_channel("email");
  c->mutable_webhook()->set_url("http://localhost:1/");
  c->mutable_webhook()->set_idempotent(true);
  ASSERT_TRUE(h.Run(channel).ok());
  h.AddCustomer(1);
  h.Launch(AlmostAllTreated());
  h.Watermark("win-back", "w1");
  for (int crash = 0; crash < 5; ++crash) {
    h.Outcome(h.ctx.effects.back(), EFFECT_RESULT_UNKNOWN, "the process that sent it ended");
    h.Advance(1);  // at once: what is known of the customer is what it was
  }
  h.Outcome(h.ctx.effects.back(), EFFECT_RESULT_ACCEPTED, "");
  EXPECT_EQ(h.Progress("win-back").total().sent(), 1);
}

// A virtual clock that stands would not have let it go on before the next advance.
TEST(Sends, WhatWasNotStartedIsTriedAgainAtOnceAndCountsAsNoFailure) {
  Harness h;
  h.AddCustomer(1);
  h.Launch(AlmostAllTreated());
  h.Watermark("win-back", "w1");
  for (int i = 0; i < 5; ++i) {
    h.Outcome(h.ctx.effects.back(), EFFECT_RESULT_FAILED, "not started");
    h.Advance(1);
  }
  EXPECT_EQ(h.ctx.effects.size(), 6u);
  EXPECT_EQ(h.ctx.effects.back().attempt, 6);
}

TEST(Sends, AnOutcomeOfAnEarlierAttemptSettlesNothing) {
  Harness h;
  h.AddCustomer(1);
  h.Launch(AlmostAllTreated());
  h.Watermark("win-back", "w1");
  const Effect first = h.ctx.effects.back();
  h.Outcome(first, EFFECT_RESULT_FAILED, "not started");
  h.Advance(1);
  h.Outcome(first, EFFECT_RESULT_ACCEPTED, "");
  EXPECT_EQ(h.Progress("win-back").total().sent(), 0);
  h.Outcome(h.ctx.effects.back(), EFFECT_RESULT_ACCEPTED, "");
  EXPECT_EQ(h.Progress("win-back").total().sent(), 1);
}

TEST(Sends, WhatNeverStartsWaitsNowAndThen) {
  Harness h;
  h.AddCustomer(1);
  h.Launch(AlmostAllTreated());
  h.Watermark("win-back", "w1");
  for (int i = 0; i < 20; ++i) {
    h.Outcome(h.ctx.effects.back(), EFFECT_RESULT_FAILED, "not started");
    h.Advance(1);
  }
  EXPECT_EQ(h.ctx.effects.size(), 8u);
  h.Advance(kMicrosPerMinute);
  EXPECT_EQ(h.ctx.effects.size(), 9u);
}

TEST(Sends, PauseStopsAttemptsAndResumeContinues) {
  Harness h;
  for (CustomerId id = 1; id <= 10; ++id) h.AddCustomer(id);
  v1::Command pause, resume;
  pause.mutable_set_pause_all()->set_paused(true);
  resume.mutable_set_pause_all()->set_paused(false);
  ASSERT_TRUE(h.Run(pause).ok());
  h.Launch(AlmostAllTreated());
  h.Watermark("win-back", "w1");
  EXPECT_EQ(h.ctx.effects.size(), 0u);
  ASSERT_TRUE(h.Run(resume).ok());
  EXPECT_EQ(h.ctx.effects.size(), 10u);
}

TEST(Sends, CancelSuppressesWhatIsReserved) {
  SendLimits limits;
  limits.attempting_max = 3;
  Harness h(limits);
  for (CustomerId id = 1; id <= 10; ++id) h.AddCustomer(id);
  h.Launch(AlmostAllTreated());
  h.Watermark("win-back", "w1");
  v1::Command cancel;
  cancel.mutable_cancel()->set_name("win-back");
  ASSERT_TRUE(h.Run(cancel).ok());
  h.OutcomeOfAll(EFFECT_RESULT_ACCEPTED);
  const auto total = h.Progress("win-back").total();
  EXPECT_EQ(total.sent(), 3);
  EXPECT_EQ(total.suppressed_by_reason().at("CANCELLED"), 7);
  EXPECT_EQ(h.Get("win-back").state(), v1::CAMPAIGN_STATE_CANCELLED);
}

TEST(Sends, OutcomesRefineTheWaterfall) {
  Harness h;
  h.AddCustomer(1);
  h.AddCustomer(2);
  h.Launch(AlmostAllTreated());
  h.Watermark("win-back", "w1");
  v1::Command outcome;
  outcome.mutable_record_outcome()->set_contact_id(h.ctx.effects[0].id);
  outcome.mutable_record_outcome()->set_status(event::v1::CONTACT_STATUS_BOUNCED);
  ASSERT_TRUE(h.Run(outcome).ok());  // before the provider's own answer
  h.OutcomeOfAll(EFFECT_RESULT_ACCEPTED);
  outcome.mutable_record_outcome()->set_contact_id(h.ctx.effects[1].id);
  outcome.mutable_record_outcome()->set_status(event::v1::CONTACT_STATUS_DELIVERED);
  ASSERT_TRUE(h.Run(outcome).ok());
  const auto total = h.Progress("win-back").total();
  EXPECT_EQ(total.undelivered(), 1);
  EXPECT_EQ(total.delivered(), 1);
  EXPECT_EQ(total.assumed_delivered(), 0);
  outcome.mutable_record_outcome()->set_contact_id(std::string(32, '0'));
  EXPECT_TRUE(absl::IsNotFound(h.Run(outcome).status()));
}

TEST(Sends, SurviveALossOfMemory) {
  Harness h;
  h.AddCustomer(1);
  h.Launch(AlmostAllTreated());
  h.Watermark("win-back", "w1");
  h.processor = std::make_unique<CampaignProcessor>(SendLimits{});
  ASSERT_TRUE(h.processor->OnAcquire(h.ctx).ok());
  h.OutcomeOfAll(EFFECT_RESULT_ACCEPTED);
  EXPECT_EQ(h.Progress("win-back").total().sent(), 1);
  EXPECT_EQ(h.Get("win-back").state(), v1::CAMPAIGN_STATE_FINISHED);
}

v1::Campaign OnPurchase(Micros delay) {
  v1::Campaign c = AlmostAllTreated();
  c.mutable_trigger()->mutable_activity()->set_activity_kind("purchase");
  c.mutable_trigger()->mutable_activity()->set_delay_us(delay);
  return c;
}

event::v1::CustomerEvent Purchase(CustomerId id, const std::string& message_id, Micros at) {
  event::v1::CustomerEvent event;
  event.set_customer_id(id);
  event.mutable_activity()->set_message_id(message_id);
  event.mutable_activity()->set_business_unit("shop");
  event.mutable_activity()->set_occurred_time_us(at);
  event.mutable_activity()->mutable_purchase()->set_net_minor(100);
  return event;
}

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

TEST(Explain, NamesEveryCheck) {
  Harness h;
  h.AddCustomer(1, /*consent=*/false);
  h.Launch(AlmostAllTreated());
  h.Watermark("win-back", "w1");
  const auto why = Explain(*h.processor, h.ctx, "win-back", 1);
  ASSERT_TRUE(why.ok());
  EXPECT_NE(why->summary().find("NO_CONSENT"), std::string::npos) << why->summary();
  ASSERT_EQ(why->contacts_size(), 1);
  std::set<std::string> failed;
  for (const auto& check : why->contacts(0).checks()) {
    if (!check.passed()) failed.insert(check.name());
  }
  EXPECT_EQ(failed, std::set<std::string>{"consent email MARKETING"});
  EXPECT_EQ(ContactsOfCampaign(h.ctx, "win-back", "", 10).size(), 1u);
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

// "Contacted at …", though the webhook had refused.
TEST(Explain, BugARefusedSendWasExplainedAsAContact) {
  Harness h;
  h.AddCustomer(1);
  h.Launch(AlmostAllTreated());
  h.Watermark("win-back", "w1");
  const auto summary = [&] { return Explain(*h.processor, h.ctx, "win-back", 1)->summary(); };
  EXPECT_EQ(summary().substr(0, 13), "Contacted at ") << "an attempt counts until it has failed";
  h.Outcome(h.ctx.effects.back(), EFFECT_RESULT_FAILED, "HTTP 503");
  EXPECT_EQ(summary(), "Not contacted yet: retrying in wave w1, cell mail.");
  for (int i = 0; i < 2; ++i) {
    h.Advance(kMicrosPerHour);
    h.Outcome(h.ctx.effects.back(), EFFECT_RESULT_FAILED, "HTTP 503");
  }
  EXPECT_EQ(summary(), "Not contacted: the channel failed in wave w1, cell mail.");
}

TEST(Explain, TheDrawIsShownOfTheAudienceThatSelects) {
  Harness h;
  h.DefineSegment("vip");
  h.AddCustomer(1);
  v1::Campaign c = AlmostAllTreated();
  v1::Audience rest = c.audiences(0);
  rest.set_name("rest");
  rest.mutable_cells(0)->set_name("rest-mail");
  rest.mutable_cells(1)->set_name("rest-hold");
  *c.add_audiences() = rest;
  c.mutable_audiences(0)->set_segment("vip");
  h.Launch(c);
  const auto why = Explain(*h.processor, h.ctx, "win-back", 1);
  ASSERT_TRUE(why.ok());
  std::vector<std::string> draws;
  for (const auto& check : why->selection()) {
    if (check.name().find("cell by hash") != std::string::npos) draws.push_back(check.name());
  }
  EXPECT_EQ(draws, std::vector<std::string>{"audience rest: cell by hash"});
}

TEST(Proof, IsOutsideWaterfallAndCaps) {
  Harness h;
  h.AddCustomer(1, /*consent=*/false);
  ASSERT_TRUE(h.Apply(WinBack()).ok());
  v1::Command proof;
  *proof.mutable_make_proof()->mutable_campaign() = h.Get("win-back");
  proof.mutable_make_proof()->set_customer_id(1);
  proof.mutable_make_proof()->set_proof("p1");
  ASSERT_TRUE(h.Run(proof).ok());
  ASSERT_EQ(h.ctx.effects.size(), 1u);
  h.OutcomeOfAll(EFFECT_RESULT_ACCEPTED);
  EXPECT_TRUE(h.Contacts().back().is_proof());
  EXPECT_EQ(h.Progress("win-back").total().selected(), 0);
  ASSERT_TRUE(h.Run(proof).ok());  // the same proof again sends nothing
  EXPECT_EQ(h.ctx.effects.size(), 1u);
}

}  // namespace
}  // namespace dangol::campaign
