// One campaign partition for tests: definitions, customers and events go in by the same messages as
// in the system; what the processor emits to itself comes back by Pump().
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dangol/campaign/v1/campaign_service.pb.h"
#include "dangol/campaign/v1/command.pb.h"
#include "dangol/event/v1/contact.pb.h"
#include "dangol/event/v1/customer.pb.h"
#include "dangol/event/v1/decision.pb.h"
#include "dangol/event/v1/definition.pb.h"
#include "dangol/event/v1/inbox.pb.h"
#include "dangol/event/v1/proposal.pb.h"
#include "dangol/event/v1/segment.pb.h"
#include "gtest/gtest.h"
#include "libs/stream/testing/deliver.h"
#include "libs/stream/testing/fake_context.h"
#include "services/campaign/domain/waterfall.h"
#include "services/campaign/processor.h"
#include "services/campaign/reports.h"

namespace dangol::campaign {

inline constexpr Micros kNoon = 1'700'049'600 * kMicrosPerSecond;  // 2023-11-15 12:00 UTC

inline v1::Campaign WinBack() {
  v1::Campaign c;
  c.set_name("win-back");
  c.set_business_unit("shop");
  c.set_purpose(profile::v1::CONSENT_PURPOSE_MARKETING);
  c.set_response_window_us(14 * kMicrosPerDay);
  c.mutable_trigger()->mutable_batch()->add_waves()->set_name("w1");
  v1::Audience* a = c.add_audiences();
  a->set_name("dormant");
  v1::Cell* treated = a->add_cells();
  treated->set_name("mail");
  treated->set_share_bp(8000);
  treated->set_channel("hook");
  treated->set_content("Come back: {{offer}}");
  v1::Cell* control = a->add_cells();
  control->set_name("hold");
  control->set_share_bp(2000);
  control->set_is_control(true);
  return c;
}

// All in one treated cell, but for the control share that must be.
inline v1::Campaign AlmostAllTreated() {
  v1::Campaign c = WinBack();
  c.mutable_audiences(0)->mutable_cells(0)->set_share_bp(9999);
  c.mutable_audiences(0)->mutable_cells(1)->set_share_bp(1);
  return c;
}

// Two equal cells.
inline v1::Campaign HalfAndHalf() {
  v1::Campaign c = WinBack();
  c.mutable_audiences(0)->mutable_cells(0)->set_share_bp(5000);
  c.mutable_audiences(0)->mutable_cells(1)->set_share_bp(5000);
  return c;
}

inline v1::Campaign OnPurchase(Micros delay) {
  v1::Campaign c = AlmostAllTreated();
  c.mutable_trigger()->mutable_activity()->set_activity_kind("purchase");
  c.mutable_trigger()->mutable_activity()->set_delay_us(delay);
  return c;
}

inline event::v1::CustomerEvent Purchase(CustomerId id, const std::string& message_id, Micros at) {
  event::v1::CustomerEvent event;
  event.set_customer_id(id);
  event.mutable_activity()->set_message_id(message_id);
  event.mutable_activity()->set_source("pos");
  event.mutable_activity()->set_business_unit("shop");
  event.mutable_activity()->set_occurred_time_us(at);
  event.mutable_activity()->mutable_purchase()->set_net_minor(100);
  return event;
}

class Harness {
 public:
  explicit Harness(SendLimits limits = {})
      : ctx({Service::kCampaign, 0}), processor(std::make_unique<CampaignProcessor>(limits)) {
    ctx.SetNow(kNoon);
    EXPECT_TRUE(processor->OnAcquire(ctx).ok());
    event::v1::DefinitionEvent unit;
    unit.mutable_business_unit()->set_name("shop");
    unit.mutable_business_unit()->set_time_zone("UTC");
    Define(unit);
    SetChannel([](v1::Channel*) {});
  }

  // Channel hook with `change` made to it.
  void SetChannel(const std::function<void(v1::Channel*)>& change) {
    v1::Command command;
    v1::Channel* channel = command.mutable_apply_channel()->mutable_channel();
    channel->set_name("hook");
    channel->set_consent_channel("email");
    channel->mutable_webhook()->set_url("http://localhost:1/");
    change(channel);
    const auto applied = Run(command);
    ASSERT_TRUE(applied.ok()) << applied.status();
  }

  template <typename Message>
  void Feed(Topic topic, const Message& message) {
    std::string key;
    if constexpr (requires { message.customer_id(); }) {
      if (message.customer_id() != 0) key = EncodeKey(message.customer_id());
    }
    const absl::Status status = Deliver(*processor, ctx, topic, key, message.SerializeAsString());
    ASSERT_TRUE(status.ok()) << status;
    Pump();
  }
  void Define(const event::v1::DefinitionEvent& event) { Feed(Topic::kDefinition, event); }
  void DefineSegment(const std::string& name) {
    event::v1::DefinitionEvent event;
    event.mutable_segment()->set_name(name);
    Define(event);
  }
  void DefineOffer(const std::string& name, const std::string& content) {
    event::v1::DefinitionEvent event;
    event.mutable_offer()->set_name(name);
    event.mutable_offer()->set_content(content);
    Define(event);
  }

  absl::StatusOr<std::string> Run(const v1::Command& command,
                                  const std::string& principal = "planner") {
    auto reply = processor->HandleCommand(command.SerializeAsString(), {principal, {}, "r"}, ctx);
    Pump();
    return reply;
  }
  absl::Status Apply(const v1::Campaign& campaign) {
    v1::Command command;
    *command.mutable_apply_campaign()->mutable_campaign() = campaign;
    return Run(command).status();
  }
  v1::Campaign Get(const std::string& name) {
    v1::Campaign campaign;
    campaign.ParseFromString(*ctx.Get(Table::kShared, "def/campaign/" + name));
    return campaign;
  }
  // Apply, submit, approve, start.
  void Launch(const v1::Campaign& campaign) {
    ASSERT_TRUE(Apply(campaign).ok()) << Apply(campaign);
    v1::Command submit, approve, start;
    submit.mutable_submit()->set_name(campaign.name());
    ASSERT_TRUE(Run(submit).ok());
    approve.mutable_approve()->set_name(campaign.name());
    const v1::Campaign stored = Get(campaign.name());
    approve.mutable_approve()->set_definition_hash(stored.definition_hash());
    approve.mutable_approve()->set_list_sha256(stored.list_upload().sha256());
    *approve.mutable_approve()->mutable_list_counts() = stored.list_upload().counts();
    const auto approved = Run(approve, "manager");
    ASSERT_TRUE(approved.ok()) << approved.status();
    start.mutable_start()->set_name(campaign.name());
    ASSERT_TRUE(Run(start).ok());
  }
  void Watermark(const std::string& campaign, const std::string& wave) {
    event::v1::SegmentEvent mark;
    mark.mutable_watermark()->set_wave_time_us(ctx.now());
    mark.mutable_watermark()->set_subject(absl::StrCat("campaigns/", campaign, "/waves/", wave));
    Feed(Topic::kSegment, mark);
    Pump();
  }

  void AddCustomer(CustomerId id, bool consent = true) {
    event::v1::CustomerEvent event;
    event.set_customer_id(id);
    event.mutable_created();
    Feed(Topic::kCustomer, event);
    if (consent) Consent(id, profile::v1::CONSENT_PURPOSE_MARKETING, true);
  }
  void MergeCustomer(CustomerId from, CustomerId into) {
    event::v1::CustomerEvent event;
    event.set_customer_id(from);
    event.mutable_merged()->set_into(into);
    Feed(Topic::kCustomer, event);
  }
  void EraseCustomer(CustomerId id) {
    event::v1::CustomerEvent event;
    event.set_customer_id(id);
    event.mutable_erased()->set_erasure("erasures/e1");
    Feed(Topic::kCustomer, event);
  }
  void Address(CustomerId id, bool email) {
    event::v1::CustomerEvent event;
    event.set_customer_id(id);
    event.mutable_changed()->mutable_addresses()->set_email(email);
    Feed(Topic::kCustomer, event);
  }
  void Consent(CustomerId id, profile::v1::ConsentPurpose purpose, bool granted) {
    event::v1::CustomerEvent event;
    event.set_customer_id(id);
    auto* mark = event.mutable_changed()->add_consents();
    mark->set_channel("email");
    mark->set_purpose(purpose);
    mark->set_granted(granted);
    Feed(Topic::kCustomer, event);
  }
  void Move(CustomerId id, const std::string& segment, bool entered,
            event::v1::MembershipCause cause = event::v1::MEMBERSHIP_CAUSE_ACTIVITY) {
    event::v1::SegmentEvent event;
    event.set_customer_id(id);
    event.mutable_membership()->set_sequence(++sequence);
    auto* change = event.mutable_membership()->add_changes();
    change->set_segment(segment);
    change->set_entered(entered);
    change->set_cause(cause);
    change->set_time_us(ctx.now());
    Feed(Topic::kSegment, event);
  }

  // Own emits come back; due timers fire; until nothing happens.
  void Pump() {
    bool moved = true;
    while (moved) {
      moved = false;
      while (delivered < ctx.emitted.size()) {
        const FakeContext::Emitted e = ctx.emitted[delivered++];
        moved = true;
        if (e.topic == Topic::kDefinition) {
          ASSERT_TRUE(processor->Handle({e.topic, 0, ctx.now(), e.key, e.value}, ctx).ok());
        } else if (e.topic == Topic::kInboxCampaign) {
          const absl::Status status = Deliver(*processor, ctx, e.topic, e.key, e.value);
          ASSERT_TRUE(status.ok()) << status;
        }
      }
      Timer timer;
      while (ctx.PopDueTimer(&timer)) {
        moved = true;
        ASSERT_TRUE(processor->OnTimer(timer, ctx).ok());
      }
    }
  }
  void AdvanceTo(Micros to) {
    ctx.SetNow(to);
    Pump();
  }
  void Advance(Micros by) { AdvanceTo(ctx.now() + by); }

  void Outcome(const Effect& effect, event::v1::EffectResult result,
               const std::string& detail = "") {
    event::v1::EffectOutcome outcome;
    outcome.set_effect_id(effect.id);
    outcome.set_attempt(effect.attempt);
    outcome.set_result(result);
    outcome.set_detail(detail);
    ASSERT_TRUE(processor->HandleOutcome(outcome, ctx).ok());
    Pump();
  }
  // Gives every effect requested so far (and by that) the same outcome.
  void OutcomeOfAll(event::v1::EffectResult result) {
    for (; answered < ctx.effects.size(); ++answered) Outcome(ctx.effects[answered], result);
  }

  v1::Progress Progress(const std::string& name) {
    const v1::Campaign campaign = Get(name);
    v1::Progress progress = *EmptyProgress(campaign, "", 1);
    AddPartition(ctx, &progress);
    FinishProgress(campaign, &progress);
    EXPECT_TRUE(Ties(progress.total())) << progress.DebugString();
    for (const auto& wave : progress.waves()) {
      EXPECT_TRUE(Ties(wave.total()));
      for (const auto& audience : wave.audiences()) {
        EXPECT_TRUE(Ties(audience.total()));
        for (const auto& cell : audience.cells()) EXPECT_TRUE(Ties(cell.waterfall()));
      }
    }
    return progress;
  }
  // Of `name`, so far.
  int64_t Suppressed(const std::string& reason, const std::string& name = "win-back") {
    const v1::Waterfall total = Progress(name).total();
    const auto it = total.suppressed_by_reason().find(reason);
    return it == total.suppressed_by_reason().end() ? 0 : it->second;
  }
  std::vector<event::v1::ContactEvent> Contacts() {
    return ctx.EmittedTo<event::v1::ContactEvent>(Topic::kContact);
  }

  FakeContext ctx;
  std::unique_ptr<CampaignProcessor> processor;
  size_t delivered = 0;
  size_t answered = 0;
  uint64_t sequence = 0;
};

}  // namespace dangol::campaign
