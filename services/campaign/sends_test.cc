// The send ledger: pacing, attempts and their outcomes; proofs.
#include "services/campaign/testing/harness.h"

namespace dangol::campaign {
namespace {

using event::v1::EFFECT_RESULT_ACCEPTED;
using event::v1::EFFECT_RESULT_FAILED;
using event::v1::EFFECT_RESULT_UNKNOWN;

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
    h.SetChannel([&](v1::Channel* c) { c->mutable_webhook()->set_idempotent(idempotent); });
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
  h.SetChannel([](v1::Channel* c) { c->mutable_webhook()->set_idempotent(true); });
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
