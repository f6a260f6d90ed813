// Sending: pacing, attempts, what became of them.
//
// Durable before the first byte: Attempt only requests the effect; the runtime performs it once the
// cycle that holds ATTEMPTING is durable. At most one attempt of a contact is without an outcome.
#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "dangol/campaign/v1/command.pb.h"
#include "dangol/event/v1/contact.pb.h"
#include "dangol/event/v1/inbox.pb.h"
#include "libs/base/status.h"
#include "libs/stream/merge.h"
#include "services/campaign/contacts.h"
#include "services/campaign/domain/cells.h"
#include "services/campaign/domain/contact_id.h"
#include "services/campaign/domain/selection.h"
#include "services/campaign/domain/waterfall.h"
#include "services/campaign/keys.h"
#include "services/campaign/send_detail.h"

namespace dangol::campaign {
namespace {

constexpr int kTriesAtOnce = 8;

// Content of the contact's cell with its offer filled in.
std::string Render(const v1::ContactRecord& record, const Definitions& defs) {
  const v1::Campaign* campaign = defs.campaign(record.campaign());
  const v1::Audience* audience =
      campaign == nullptr ? nullptr : FindAudience(*campaign, record.audience());
  const v1::Cell* cell = audience == nullptr ? nullptr : FindCell(*audience, record.cell());
  if (cell == nullptr) return "";
  return absl::StrReplaceAll(cell->content(), {{"{{offer}}", defs.offer_content(record.offer())}});
}

v1::ContactStage StageOfOutcome(int status) {
  switch (status) {
    case event::v1::CONTACT_STATUS_BOUNCED:
    case event::v1::CONTACT_STATUS_RETURNED_MAIL:
      return v1::CONTACT_STAGE_UNDELIVERED;
    default:
      return v1::CONTACT_STAGE_DELIVERED;
  }
}

}  // namespace

std::string Contacts::MakeProof(const v1::Campaign& campaign, const v1::Audience& audience,
                                const v1::Cell& cell, const std::string& cause, CustomerId id,
                                Context& ctx) {
  Open open;
  open.id = MakeContactId(campaign.name(), cause, id);
  const std::string raw = RawContactId(open.id);
  if (ctx.Get(Table::kIndex, ContactKey(raw)) != nullptr) return open.id;
  v1::CustomerRecord customer;
  LoadCustomer(ctx, id, &customer);
  open.customer = &customer;
  v1::ContactRecord& record = open.record;
  record.set_customer_id(id);
  record.set_campaign(campaign.name());
  record.set_campaign_version(campaign.version());
  record.set_wave("proof");
  record.set_audience(audience.name());
  record.set_cell(cell.name());
  record.set_channel(cell.channel());
  record.set_is_proof(true);
  record.set_plan_time_us(ctx.now());
  record.set_treatment_code(campaign.name() + ".proof." + cell.name());
  if (!cell.offers().empty()) record.set_offer(cell.offers(0));
  ctx.Put(Table::kIndex, HistoryKey(id, raw), "1");
  Evaluate(&open, false, ctx);
  SaveContact(open, ctx);
  return open.id;
}

void Contacts::AttemptOrReserve(Open* open, bool my_turn, Context& ctx) {
  const std::string& name = open->record.channel();
  if (!defs_.channel(name)->has_webhook()) return Attempt(open, ctx);
  v1::ChannelPace pace;
  Load(ctx, Table::kShared, PaceKey(name), &pace);
  const bool queue_empty = pace.head() == pace.tail();
  if (pace.attempting() < limits_.attempting_max && (my_turn || queue_empty)) {
    return Attempt(open, ctx);
  }
  ctx.Put(Table::kShared, QueueKey(name, pace.tail()), RawContactId(open->id));
  pace.set_tail(pace.tail() + 1);
  StoreRecord(ctx, Table::kShared, PaceKey(name), pace);
  SetStage(open, v1::CONTACT_STAGE_RESERVED, "", ctx);
}

void Contacts::Attempt(Open* open, Context& ctx) {
  v1::ContactRecord& record = open->record;
  const v1::Channel& channel = *defs_.channel(record.channel());
  v1::ChannelPace pace;
  Load(ctx, Table::kShared, PaceKey(record.channel()), &pace);
  pace.set_attempting(pace.attempting() + 1);
  StoreRecord(ctx, Table::kShared, PaceKey(record.channel()), pace);

  record.set_attempt(record.attempt() + 1);
  record.set_channel_cost_micros(channel.cost_micros());
  if (!record.counts_as_contact()) {
    record.set_counts_as_contact(true);
    record.set_contact_time_us(ctx.now());
    const v1::Campaign* campaign = defs_.campaign(record.campaign());
    if (!record.is_proof() && campaign->purpose() != profile::v1::CONSENT_PURPOSE_SERVICE) {
      auto* list = open->customer->mutable_recent();
      const Micros forget = ctx.now() - defs_.longest_cap_window();
      list->erase(std::remove_if(list->begin(), list->end(),
                                 [&](const auto& r) { return r.time_us() <= forget; }),
                  list->end());
      v1::RecentContact* recent = list->Add();
      recent->set_time_us(ctx.now());
      recent->set_channel(channel.consent_channel());
      recent->set_contact(ShortContactId(open->id));
      open->customer_changed = true;
    }
  }
  Requested(open, channel, ctx);
  SetStage(open, v1::CONTACT_STAGE_ATTEMPTING, "", ctx);
}

void Contacts::Requested(Open* open, const v1::Channel& channel, Context& ctx) {
  const v1::ContactRecord& record = open->record;
  v1::SendRequest send;
  send.set_contact_id(open->id);
  send.set_customer_id(record.customer_id());
  send.set_campaign(record.campaign());
  send.set_wave(record.wave());
  send.set_cell(record.cell());
  send.set_treatment_code(record.treatment_code());
  send.set_offer(record.offer());
  send.set_content(Render(record, defs_));
  send.set_contact_time_us(record.contact_time_us());
  *send.mutable_channel() = channel;
  ctx.RequestEffect({open->id, channel.name(), send.SerializeAsString(), record.attempt()});
}

absl::Status Contacts::OnOutcome(const event::v1::EffectOutcome& outcome, Context& ctx) {
  std::string channel;
  const bool found = With(RawContactId(outcome.effect_id()), ctx, [&](Open* open) {
    v1::ContactRecord& record = open->record;
    // A recovered attempt may report twice; the ledger's row may be the next attempt's already.
    if (record.stage() != v1::CONTACT_STAGE_ATTEMPTING || outcome.attempt() != record.attempt()) {
      ctx.Count("campaign_outcomes_ignored", "", 1);
      return;
    }
    ctx.FinishEffect(outcome.effect_id());
    channel = record.channel();
    record.set_provider_message_id(outcome.provider_message_id());
    record.set_detail(outcome.detail());
    Settle(open, outcome, ctx);
  });
  if (!found) ctx.Count("campaign_outcomes_unmatched", "", 1);
  if (!channel.empty()) ReleaseSlot(channel, ctx);
  return absl::OkStatus();
}

void Contacts::Settle(Open* open, const event::v1::EffectOutcome& outcome, Context& ctx) {
  v1::ContactRecord& record = open->record;
  switch (outcome.result()) {
    case event::v1::EFFECT_RESULT_ACCEPTED:
      // The provider may have reported before its answer reached us.
      return SetStage(
          open,
          record.outcome() != 0 ? StageOfOutcome(record.outcome()) : v1::CONTACT_STAGE_ACCEPTED, "",
          ctx);
    case event::v1::EFFECT_RESULT_DELIVERED:
      return SetStage(open, v1::CONTACT_STAGE_DELIVERED, "", ctx);
    case event::v1::EFFECT_RESULT_FAILED:
      return SettleFailed(open, outcome, ctx);
    default:
      return SettleUnknown(open, outcome, ctx);
  }
}

void Contacts::SettleFailed(Open* open, const event::v1::EffectOutcome& outcome, Context& ctx) {
  v1::ContactRecord& record = open->record;
  // A definite failure after an ambiguous attempt says nothing about that one.
  if (!record.ambiguous()) Uncount(open, ctx);
  if (!record.ambiguous() && absl::StartsWith(outcome.detail(), kNoAddress)) {
    return Suppress(open, "NO_ADDRESS", ctx);
  }
  // What was never begun is not the provider's failure.
  const bool begun = !absl::StartsWith(outcome.detail(), kNotStarted);
  if (begun) record.set_failures(record.failures() + 1);
  if (record.failures() < limits_.failures_max) {
    return begun ? RetryLater(open, ctx) : RetryNow(open, ctx);
  }
  if (record.ambiguous()) return SetStage(open, v1::CONTACT_STAGE_UNKNOWN, "", ctx);
  AllowAgain(open);
  SetStage(open, v1::CONTACT_STAGE_FAILED, "", ctx);
}

void Contacts::SettleUnknown(Open* open, const event::v1::EffectOutcome& outcome, Context& ctx) {
  v1::ContactRecord& record = open->record;
  record.set_ambiguous(true);
  const bool our_crash = absl::StartsWith(outcome.detail(), kProcessEnded);
  if (!our_crash) record.set_failures(record.failures() + 1);
  if (record.outcome() != 0) return SetStage(open, StageOfOutcome(record.outcome()), "", ctx);
  const v1::Channel* channel = defs_.channel(record.channel());
  const bool repeat = channel != nullptr && channel->webhook().idempotent() &&
                      record.failures() < limits_.failures_max;
  if (!repeat) return SetStage(open, v1::CONTACT_STAGE_UNKNOWN, "", ctx);
  return our_crash ? RetryNow(open, ctx) : RetryLater(open, ctx);
}

// What is our own fault (a crash, an address that could not be looked up, a start too late) neither
// uses up the provider's tries nor gives it time: the send is repeated at once, as if nothing had
// happened. Every so often it waits all the same, so that what cannot work does not keep us busy.
void Contacts::RetryNow(Open* open, Context& ctx) {
  const bool waits = open->record.attempt() % kTriesAtOnce == 0;
  if (waits || !open->gone.empty()) return RetryLater(open, ctx);
  ctx.SetTimer({kContactTimer, RawContactId(open->id), ctx.now(), ""});
  SetStage(open, v1::CONTACT_STAGE_RETRY, "", ctx);
}

void Contacts::RetryLater(Open* open, Context& ctx) {
  if (!open->gone.empty()) return Evaluate(open, false, ctx);
  const Micros backoff = limits_.first_backoff << std::max(0, open->record.failures() - 1);
  ctx.SetTimer({kContactTimer, RawContactId(open->id), ctx.now() + backoff, ""});
  SetStage(open, v1::CONTACT_STAGE_RETRY, "", ctx);
}

void Contacts::Uncount(Open* open, Context& ctx) {
  open->record.set_counts_as_contact(false);
  if (open->gone == "MERGED") {
    v1::Internal message;
    message.mutable_uncount()->set_customer_id(*MergedInto(ctx, open->record.customer_id()));
    message.mutable_uncount()->set_contact(ShortContactId(open->id));
    SendInternal(message.uncount().customer_id(), message, ctx);
  }
  auto* list = open->customer->mutable_recent();
  const uint64_t self = ShortContactId(open->id);
  const auto end = std::remove_if(list->begin(), list->end(),
                                  [&](const auto& recent) { return recent.contact() == self; });
  open->customer_changed |= end != list->end();
  list->erase(end, list->end());
}

void Contacts::ReleaseSlot(const std::string& channel, Context& ctx) {
  v1::ChannelPace pace;
  Load(ctx, Table::kShared, PaceKey(channel), &pace);
  pace.set_attempting(std::max<int64_t>(0, pace.attempting() - 1));
  StoreRecord(ctx, Table::kShared, PaceKey(channel), pace);
  if (pace.head() != pace.tail()) Drain(channel, ctx);
}

void Contacts::Drain(const std::string& channel, Context& ctx) {
  for (int i = 0; i < limits_.drain_chunk; ++i) {
    v1::ChannelPace pace;
    Load(ctx, Table::kShared, PaceKey(channel), &pace);
    if (pace.head() == pace.tail() || pace.attempting() >= limits_.attempting_max) return;
    const std::string key = QueueKey(channel, pace.head());
    const std::string* raw = ctx.Get(Table::kShared, key);
    const std::string raw_id = raw == nullptr ? "" : *raw;
    ctx.Delete(Table::kShared, key);
    pace.set_head(pace.head() + 1);
    StoreRecord(ctx, Table::kShared, PaceKey(channel), pace);
    With(raw_id, ctx, [&](Open* open) {
      if (open->record.stage() == v1::CONTACT_STAGE_RESERVED) Evaluate(open, true, ctx);
    });
  }
  ctx.SetTimer({kDrainTimer, channel, ctx.now(), ""});
}

absl::StatusOr<v1::ContactRecord> Contacts::RecordOutcome(const std::string& contact_id, int status,
                                                          const std::string& provider_message_id,
                                                          const std::string& detail, Context& ctx) {
  absl::Status refused = absl::OkStatus();
  v1::ContactRecord result;
  const bool found = With(RawContactId(contact_id), ctx, [&](Open* open) {
    v1::ContactRecord& record = open->record;
    const bool sent = record.attempt() > 0 && record.counts_as_contact();
    if (!sent) {
      refused = Precondition("NOTHING_SENT", "nothing was sent under this contact id");
      return;
    }
    if (record.outcome() != status) {
      record.set_outcome(status);
      if (!provider_message_id.empty()) record.set_provider_message_id(provider_message_id);
      if (!detail.empty()) record.set_detail(detail);
      // An attempt under way takes its outcome along when it ends.
      if (IsTerminal(record.stage())) SetStage(open, StageOfOutcome(status), "", ctx);
      if (record.stage() == v1::CONTACT_STAGE_RETRY) {
        ctx.CancelTimer(kContactTimer, RawContactId(contact_id));
        SetStage(open, StageOfOutcome(status), "", ctx);
      }
    }
    result = record;
  });
  if (!found) return NotFound("contact", contact_id);
  if (!refused.ok()) return refused;
  return result;
}

}  // namespace dangol::campaign
