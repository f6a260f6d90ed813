// Making contacts, asking offer what with, judging them.
#include "services/campaign/contacts.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/contact.pb.h"
#include "dangol/event/v1/decision.pb.h"
#include "dangol/event/v1/proposal.pb.h"
#include "libs/base/hash.h"
#include "libs/stream/emit.h"
#include "services/campaign/domain/cells.h"
#include "services/campaign/domain/contact_event.h"
#include "services/campaign/domain/contact_id.h"
#include "services/campaign/domain/merge.h"
#include "services/campaign/domain/selection.h"
#include "services/campaign/domain/waterfall.h"
#include "services/campaign/feeds.h"
#include "services/campaign/keys.h"

namespace dangol::campaign {
namespace {

bool IsPublic(v1::ContactStage stage) {
  return stage == v1::CONTACT_STAGE_RESERVED || stage == v1::CONTACT_STAGE_ATTEMPTING ||
         stage >= v1::CONTACT_STAGE_RETRY;
}

void SetOnce(const v1::Campaign& campaign, bool marked, v1::CustomerRecord* customer) {
  const uint64_t mark = Hash64(campaign.name());
  auto* once = customer->mutable_once();
  for (int i = 0; i < once->size(); ++i) {
    if (once->Get(i) != mark) continue;
    if (!marked) once->erase(once->begin() + i);
    return;
  }
  if (marked) once->Add(mark);
}

v1::ContactRecord NewRecord(const Contacts::Plan& plan, CustomerId id) {
  v1::ContactRecord record;
  record.set_customer_id(id);
  record.set_campaign(plan.campaign->name());
  record.set_campaign_version(plan.campaign->version());
  record.set_wave(plan.wave);
  record.set_audience(plan.audience->name());
  record.set_cell(plan.cell->name());
  record.set_channel(std::string(ChannelOf(*plan.audience, *plan.cell)));
  record.set_is_twin(plan.cell->is_control());
  record.set_plan_time_us(plan.plan_time);
  record.set_treatment_code(
      absl::StrCat(plan.campaign->name(), ".", plan.wave, ".", plan.cell->name()));
  return record;
}

}  // namespace

int PublicStatus(const v1::ContactRecord& record) {
  using namespace event::v1;  // NOLINT: the statuses
  if (record.outcome() != 0 && record.stage() >= v1::CONTACT_STAGE_ACCEPTED) {
    return record.outcome();
  }
  switch (record.stage()) {
    case v1::CONTACT_STAGE_RESERVED:
      return CONTACT_STATUS_RESERVED;
    case v1::CONTACT_STAGE_ATTEMPTING:
      return CONTACT_STATUS_ATTEMPTING;
    case v1::CONTACT_STAGE_RETRY:
      // FAILED is final outside: whoever hears it gives back what the contact held.
      return record.ambiguous() ? CONTACT_STATUS_UNKNOWN : CONTACT_STATUS_RESERVED;
    case v1::CONTACT_STAGE_FAILED:
      return CONTACT_STATUS_FAILED;
    case v1::CONTACT_STAGE_SUPPRESSED:
      return CONTACT_STATUS_SUPPRESSED;
    case v1::CONTACT_STAGE_ACCEPTED:
      return CONTACT_STATUS_ACCEPTED;
    case v1::CONTACT_STAGE_DELIVERED:
      return CONTACT_STATUS_DELIVERED;
    case v1::CONTACT_STAGE_UNDELIVERED:
      return CONTACT_STATUS_BOUNCED;
    case v1::CONTACT_STAGE_UNKNOWN:
      return CONTACT_STATUS_UNKNOWN;
    default:  // waiting, or a twin: planned, nothing sent
      return CONTACT_STATUS_PLANNED;
  }
}

bool Contacts::Make(const Plan& plan, CustomerId id, v1::CustomerRecord* customer, Context& ctx) {
  Open open;
  open.id = MakeContactId(plan.campaign->name(), plan.cause, id);
  open.customer = customer;
  if (ctx.Get(Table::kIndex, ContactKey(RawContactId(open.id))) != nullptr) return false;
  open.record = NewRecord(plan, id);
  ctx.Put(Table::kIndex, HistoryKey(id, RawContactId(open.id)), "1");
  if (plan.campaign->once_per_customer()) {
    SetOnce(*plan.campaign, true, customer);
    open.customer_changed = true;
  }
  Propose(plan, &open, ctx);
  SaveContact(open, ctx);
  return open.customer_changed;
}

void Contacts::Propose(const Plan& plan, Open* open, Context& ctx) {
  if (!plan.suppress.empty()) return Suppress(open, plan.suppress, ctx);
  if (Doubles(*open->customer, *plan.campaign, plan.wave, open->record.is_twin())) {
    return Suppress(open, "MERGED", ctx);
  }
  if (plan.hops > kMaxHops) {
    ctx.Count("campaign_reflexive", "", 1);
    return Suppress(open, "REFLEXIVE", ctx);
  }
  const v1::Cell& offering = OfferCell(*plan.audience, *plan.cell);
  if (offering.offers().empty()) return Evaluate(open, false, ctx);
  event::v1::ProposalEvent proposal;
  proposal.set_customer_id(open->record.customer_id());
  proposal.set_contact_id(open->id);
  proposal.set_campaign(plan.campaign->name());
  proposal.set_campaign_version(plan.campaign->version());
  proposal.set_wave(plan.wave);
  proposal.set_cell(plan.cell->name());
  proposal.set_is_holdout_twin(plan.cell->is_control());
  *proposal.mutable_offers() = offering.offers();
  proposal.set_policy(offering.offer_policy() == event::v1::OFFER_POLICY_UNSPECIFIED
                          ? event::v1::OFFER_POLICY_THOMPSON
                          : offering.offer_policy());
  proposal.set_business_unit(plan.campaign->business_unit());
  EmitToCustomer(ctx, Topic::kProposal, open->record.customer_id(), proposal);
  SetStage(open, v1::CONTACT_STAGE_PROPOSED, "", ctx);
}

absl::Status Contacts::OnDecision(const event::v1::DecisionEvent& decision, Context& ctx) {
  if (decision.contact_id().empty()) return absl::OkStatus();  // a direct Decide call
  const bool found = With(RawContactId(decision.contact_id()), ctx, [&](Open* open) {
    v1::ContactRecord& record = open->record;
    if (record.stage() != v1::CONTACT_STAGE_PROPOSED) return;  // cancelled meanwhile
    if (decision.offer().empty()) return SuppressWithoutOffer(open, ctx);
    record.set_offer(decision.offer());
    record.set_offer_version(decision.offer_version());
    record.set_propensity(decision.propensity());
    record.set_offer_cost_micros(decision.unit_cost_micros());
    Evaluate(open, false, ctx);
  });
  if (!found) ctx.Count("campaign_decisions_unmatched", "", 1);
  return absl::OkStatus();
}

void Contacts::OnContactTimer(absl::string_view raw_id, Context& ctx) {
  With(raw_id, ctx, [&](Open* open) {
    const v1::ContactStage stage = open->record.stage();
    if (stage != v1::CONTACT_STAGE_DEFERRED && stage != v1::CONTACT_STAGE_RETRY) return;
    Evaluate(open, false, ctx);
  });
}

Judgement Contacts::JudgeContact(const Open& open, const v1::Campaign& campaign,
                                 Context& ctx) const {
  const v1::ContactRecord& record = open.record;
  const auto in = [&](absl::string_view segment) {
    return segments_.IsMember(*open.customer, segment);
  };
  PolicyInput input;
  input.campaign = &campaign;
  input.channel = defs_.channel(record.channel());
  input.customer = open.customer;
  input.unit = defs_.business_unit(campaign.business_unit());
  input.policy = defs_.policy_of(campaign.business_unit());
  input.all_paused = defs_.all_paused();
  const v1::Audience* audience = FindAudience(campaign, record.audience());
  input.standing =
      audience == nullptr ? Standing{"LEFT_SEGMENT", ""} : StillSelected(campaign, *audience, in);
  input.plan_time = record.plan_time_us();
  input.now = ctx.now();
  input.self = ShortContactId(open.id);
  input.heard = [&](absl::string_view source) { return LastHeard(ctx, source); };
  return Judge(input);
}

void Contacts::Evaluate(Open* open, bool my_turn, Context& ctx) {
  if (!open->gone.empty()) {
    return Act(open, {Verdict::kSuppress, std::string(open->gone), 0, {}}, my_turn, ctx);
  }
  const v1::Campaign* campaign = defs_.campaign(open->record.campaign());
  if (campaign == nullptr || defs_.channel(open->record.channel()) == nullptr) {
    return Suppress(open, "CANCELLED", ctx);  // its definition was removed
  }
  if (open->record.is_proof()) {
    // A proof goes to colleagues who asked for it; only a general stop or their own holds it up.
    Judgement judgement;
    if (DoNotServe(*open->customer, ctx.now())) {
      judgement = {Verdict::kSuppress, "DO_NOT_SERVE", 0, {}};
    } else if (defs_.all_paused()) {
      judgement.verdict = Verdict::kPark;
    }
    return Act(open, judgement, my_turn, ctx);
  }
  Act(open, JudgeAndNote(*campaign, open, ctx), my_turn, ctx);
}

Judgement Contacts::JudgeAndNote(const v1::Campaign& campaign, Open* open, Context& ctx) const {
  Judgement judgement = JudgeContact(*open, campaign, ctx);
  open->record.clear_checks();
  for (const v1::CheckMark& mark : judgement.checks) *open->record.add_checks() = mark;
  return judgement;
}

void Contacts::SuppressWithoutOffer(Open* open, Context& ctx) {
  const v1::Campaign* campaign = defs_.campaign(open->record.campaign());
  if (campaign == nullptr || defs_.channel(open->record.channel()) == nullptr) {
    return Suppress(open, "CANCELLED", ctx);
  }
  const Judgement judgement = JudgeAndNote(*campaign, open, ctx);
  v1::CheckMark* mark = open->record.add_checks();
  mark->set_kind(v1::CHECK_KIND_OFFER);
  // Waiting would not bring an offer: there is one decision a contact.
  Suppress(open, judgement.verdict == Verdict::kSuppress ? judgement.reason : "NO_OFFER", ctx);
}

void Contacts::Act(Open* open, const Judgement& judgement, bool my_turn, Context& ctx) {
  v1::ContactRecord& record = open->record;
  if (record.ambiguous() && judgement.verdict != Verdict::kContact) {
    // It may be out already: whatever stops the repetition, it is not undone.
    return SetStage(open, v1::CONTACT_STAGE_UNKNOWN, "", ctx);
  }
  const std::string raw = RawContactId(open->id);
  switch (judgement.verdict) {
    case Verdict::kSuppress:
      return Suppress(open, judgement.reason, ctx);
    case Verdict::kWait:
      ctx.SetTimer({kContactTimer, raw, judgement.until, ""});
      return SetStage(open, v1::CONTACT_STAGE_DEFERRED, "", ctx);
    case Verdict::kPark:
      ctx.Put(Table::kShared, ParkKey(raw), "1");
      return SetStage(open, v1::CONTACT_STAGE_PARKED, "", ctx);
    case Verdict::kContact:
      break;
  }
  if (!record.is_twin()) return AttemptOrReserve(open, my_turn, ctx);
  record.set_contact_time_us(ctx.now());
  SetStage(open, v1::CONTACT_STAGE_HELD_OUT, "", ctx);
}

void Contacts::AllowAgain(Open* open) {
  const v1::Campaign* campaign = defs_.campaign(open->record.campaign());
  if (campaign == nullptr || !campaign->once_per_customer()) return;
  SetOnce(*campaign, false, open->customer);
  open->customer_changed = true;
}

void Contacts::Suppress(Open* open, const std::string& reason, Context& ctx) {
  AllowAgain(open);
  SetStage(open, v1::CONTACT_STAGE_SUPPRESSED, reason, ctx);
}

void Contacts::SetStage(Open* open, v1::ContactStage stage, const std::string& reason,
                        Context& ctx) {
  v1::ContactRecord& record = open->record;
  const v1::ContactStage from = record.stage();
  if (!record.is_proof()) {
    const std::string key =
        CountKey(record.campaign(), record.wave(), record.audience(), record.cell());
    v1::CellCounts counts;
    Load(ctx, Table::kShared, key, &counts);
    MoveStage(from, record.reason(), stage, reason, &counts);
    StoreRecord(ctx, Table::kShared, key, counts);
    const bool was_open = from != v1::CONTACT_STAGE_UNSPECIFIED && !IsTerminal(from);
    const int64_t delta = int64_t{!IsTerminal(stage)} - int64_t{was_open};
    if (delta != 0) on_open_(record.campaign(), record.wave(), delta, ctx);
  }
  record.set_stage(stage);
  record.set_reason(reason);
  if (!IsPublic(stage)) return;
  Publish(*open, ctx);
  ctx.Count("campaign_contacts", event::v1::ContactStatus_Name(PublicStatus(record)).substr(15), 1);
}

void Contacts::Publish(const Open& open, Context& ctx) {
  const v1::ContactRecord& record = open.record;
  event::v1::ContactEvent event = ContactEventOf(open.id, record);
  event.set_status(static_cast<event::v1::ContactStatus>(PublicStatus(record)));
  if (const v1::Campaign* campaign = defs_.campaign(record.campaign())) {
    event.set_business_unit(campaign->business_unit());
  }
  EmitToCustomer(ctx, Topic::kContact, record.customer_id(), event);
}

bool Contacts::With(absl::string_view raw_id, Context& ctx, const std::function<void(Open*)>& fn) {
  Open open;
  if (!Load(ctx, Table::kIndex, ContactKey(raw_id), &open.record)) return false;
  open.id = ContactIdOfRaw(raw_id);
  v1::CustomerRecord customer;
  const CustomerId id = open.record.customer_id();
  if (!LoadCustomer(ctx, id, &customer)) open.gone = WhyGone(ctx, id);
  open.customer = &customer;
  fn(&open);
  if (open.gone == "ERASED" && IsTerminal(open.record.stage())) {
    ctx.Delete(Table::kIndex, ContactKey(raw_id));
  } else {
    SaveContact(open, ctx);
  }
  if (open.customer_changed && open.gone.empty()) SaveCustomer(ctx, id, customer);
  return true;
}

void Contacts::SaveContact(const Open& open, Context& ctx) {
  StoreRecord(ctx, Table::kIndex, ContactKey(RawContactId(open.id)), open.record);
}

}  // namespace dangol::campaign
