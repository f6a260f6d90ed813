#include "services/campaign/processor.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "dangol/campaign/v1/command.pb.h"
#include "dangol/event/v1/customer.pb.h"
#include "dangol/event/v1/decision.pb.h"
#include "dangol/event/v1/definition.pb.h"
#include "dangol/event/v1/inbox.pb.h"
#include "dangol/event/v1/segment.pb.h"
#include "libs/base/status.h"
#include "libs/stream/activity_glance.h"
#include "services/campaign/admin.h"
#include "services/campaign/commands.h"
#include "services/campaign/domain/contact_id.h"
#include "services/campaign/keys.h"
#include "services/campaign/questions.h"

namespace dangol::campaign {
namespace {

absl::Status Undecodable(const Event& event) {
  return absl::DataLossError(
      absl::StrCat("undecodable event on ", TopicName(event.topic), " at ", event.offset));
}

template <typename Message>
absl::Status Parse(const Event& event, Message* out) {
  if (out->ParseFromArray(event.value.data(), static_cast<int>(event.value.size()))) {
    return absl::OkStatus();
  }
  return Undecodable(event);
}

// Only what changed comes in.
void ApplyProfile(const event::v1::ProfileChanged& changed, v1::CustomerRecord* customer) {
  for (const profile::v1::Consent& consent : changed.consents()) {
    v1::ConsentMark* mark = nullptr;
    for (v1::ConsentMark& known : *customer->mutable_consents()) {
      if (known.channel() == consent.channel() && known.purpose() == consent.purpose()) {
        mark = &known;
      }
    }
    if (mark == nullptr) mark = customer->add_consents();
    mark->set_channel(consent.channel());
    mark->set_purpose(consent.purpose());
    mark->set_granted(consent.granted());
    mark->set_observed_time_us(consent.observed_time_us());
  }
  if (!changed.time_zone().empty()) customer->set_time_zone(changed.time_zone());
  if (changed.has_restriction()) *customer->mutable_restriction() = changed.restriction();
  if (changed.has_addresses()) *customer->mutable_addresses() = changed.addresses();
}

}  // namespace

CampaignProcessor::CampaignProcessor(SendLimits limits)
    : contacts_(&definitions_, &segments_, limits,
                [this](absl::string_view campaign, absl::string_view wave, int64_t delta,
                       Context& ctx) { selector_.OnOpen(campaign, wave, delta, ctx); }),
      selector_(&definitions_, &segments_, &contacts_),
      feeds_(&definitions_) {}

absl::Status CampaignProcessor::OnAcquire(StateView& state) {
  definitions_.Acquire(state);
  segments_.Acquire(state);
  return absl::OkStatus();
}

absl::Status CampaignProcessor::Handle(const Event& event, Context& ctx) {
  switch (event.topic) {
    case Topic::kDefinition:
      return OnDefinition(event, ctx);
    case Topic::kCustomer:
      return OnCustomer(event, ctx);
    case Topic::kSegment:
      return OnSegment(event, ctx);
    case Topic::kDecision: {
      event::v1::DecisionEvent decision;
      DANGOL_RETURN_IF_ERROR(Parse(event, &decision));
      return contacts_.OnDecision(decision, ctx);
    }
    default:
      return absl::InternalError(absl::StrCat("not an input: ", TopicName(event.topic)));
  }
}

absl::Status CampaignProcessor::OnDefinition(const Event& event, Context& ctx) {
  event::v1::DefinitionEvent definition;
  DANGOL_RETURN_IF_ERROR(Parse(event, &definition));
  const v1::Campaign* campaign = definitions_.Apply(definition, ctx);
  if (campaign == nullptr) return absl::OkStatus();
  selector_.OnCampaign(*campaign, ctx);
  feeds_.OnCampaign(*campaign, ctx);
  if (campaign->state() == v1::CAMPAIGN_STATE_RUNNING) {
    contacts_.Unpark(RawPrefixOfCampaign(campaign->name()), "", ctx);
  } else if (campaign->state() == v1::CAMPAIGN_STATE_CANCELLED) {
    const std::string name = campaign->name();
    contacts_.Sweep(name, "", ctx);
  }
  return absl::OkStatus();
}

absl::Status CampaignProcessor::OnCustomer(const Event& event, Context& ctx) {
  const auto glance = GlanceAtActivity(event.value);
  if (glance) {
    if (glance->reissued) return absl::OkStatus();
    feeds_.OnActivity(glance->source, glance->occurred_time_us, ctx);
    if (!selector_.Awaits(glance->business_unit, glance->occurred_time_us, ctx.now())) {
      return absl::OkStatus();
    }
  }
  auto* parsed = parser_.Parse<event::v1::CustomerEvent>(event.value);
  if (parsed == nullptr) return Undecodable(event);
  const event::v1::CustomerEvent& change = *parsed;
  const CustomerId id = event.customer;
  v1::CustomerRecord customer;
  switch (change.kind_case()) {
    case event::v1::CustomerEvent::kCreated:
      LoadCustomer(ctx, id, &customer);
      if (change.created().has_addresses()) {
        // One that was merged into it may have come first.
        customer.mutable_addresses()->MergeFrom(change.created().addresses());
      }
      SaveCustomer(ctx, id, customer);
      break;
    case event::v1::CustomerEvent::kChanged:
      LoadCustomer(ctx, id, &customer);
      ApplyProfile(change.changed(), &customer);
      SaveCustomer(ctx, id, customer);
      break;
    case event::v1::CustomerEvent::kActivity:
      if (change.reissued()) break;
      if (!glance) {
        feeds_.OnActivity(change.activity().source(), change.activity().occurred_time_us(), ctx);
      }
      selector_.OnActivity(id, change.activity(), ctx);
      break;
    case event::v1::CustomerEvent::kMerged:
      return contacts_.OnMerged(id, change.merged().into(), ctx);
    case event::v1::CustomerEvent::kErased:
      contacts_.OnErased(id, change.erased().erasure(), ctx);
      break;
    default:  // the watermark comes again behind segmentation
      break;
  }
  return absl::OkStatus();
}

absl::Status CampaignProcessor::OnSegment(const Event& event, Context& ctx) {
  const auto* parsed = parser_.Parse<event::v1::SegmentEvent>(event.value);
  if (parsed == nullptr) return Undecodable(event);
  const event::v1::SegmentEvent& change = *parsed;
  if (change.has_watermark()) selector_.OnWatermark(change.watermark(), ctx);
  if (change.has_membership()) {
    selector_.OnMembership(event.customer, change.membership(), ctx);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> CampaignProcessor::HandleCommand(absl::string_view body,
                                                             const Caller& caller, Context& ctx) {
  v1::Command command;
  if (!command.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return absl::InvalidArgumentError("undecodable command");
  }
  if (IsAdminCommand(command)) {
    if (ctx.scope().partition != 0) return absl::InternalError("command of partition 0");
    return RunAdminCommand(command, caller, ctx);
  }
  return RunCustomerCommand(command, caller, &definitions_, &contacts_, ctx);
}

absl::Status CampaignProcessor::HandleInternal(absl::string_view body, Context& ctx) {
  v1::Internal message;
  if (!message.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return absl::DataLossError("undecodable internal message");
  }
  if (message.has_wave_part()) TakeWavePart(message.wave_part(), ctx);
  if (message.has_heard()) feeds_.Take(message.heard(), ctx);
  if (message.has_trigger()) selector_.TakeTrigger(message.trigger(), ctx);
  if (message.has_uncount()) contacts_.TakeUncount(message.uncount(), ctx);
  if (message.has_assignments()) return StoreAssignments(message.assignments(), ctx).status();
  return absl::OkStatus();
}

absl::Status CampaignProcessor::Merge(CustomerId into, CustomerId from, absl::string_view state,
                                      Context& ctx) {
  v1::HandOver hand_over;
  if (!hand_over.ParseFromArray(state.data(), static_cast<int>(state.size()))) {
    return absl::DataLossError("undecodable hand-over");
  }
  contacts_.OnHandOver(into, from, hand_over, ctx);
  return absl::OkStatus();
}

absl::Status CampaignProcessor::HandleOutcome(const event::v1::EffectOutcome& outcome,
                                              Context& ctx) {
  return contacts_.OnOutcome(outcome, ctx);
}

absl::Status CampaignProcessor::OnTimer(const Timer& timer, Context& ctx) {
  switch (timer.kind) {
    case kWaveTimer:
      selector_.OnWaveTimer(timer.subject, ctx);
      break;
    case kTriggerTimer:
      selector_.OnTriggerTimer(timer.data, ctx);
      break;
    case kContactTimer:
      contacts_.OnContactTimer(timer.subject, ctx);
      break;
    case kUnparkTimer:
      contacts_.Unpark(timer.subject, timer.data, ctx);
      break;
    case kSweepTimer:
      contacts_.Sweep(timer.subject, timer.data, ctx);
      break;
    case kDrainTimer:
      contacts_.Drain(timer.subject, ctx);
      break;
    case kStartTimer:
      StartScheduled(timer.subject, ctx);
      break;
    case kHeardTimer:
      feeds_.Tell(timer.subject, ctx);
      break;
    default:
      return absl::InternalError(absl::StrCat("unknown timer ", timer.kind));
  }
  return absl::OkStatus();
}

ServiceSpec Spec(SendLimits limits) {
  return {Service::kCampaign,
          {Topic::kSegment, Topic::kCustomer, Topic::kDecision, Topic::kDefinition},
          {Topic::kProposal, Topic::kContact, Topic::kDefinition, InboxOf(Service::kCampaign)},
          [limits](Scope) { return std::make_unique<CampaignProcessor>(limits); },
          Questions()};
}

}  // namespace dangol::campaign
