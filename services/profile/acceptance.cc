#include "services/profile/acceptance.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "dangol/event/v1/customer.pb.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "libs/base/status.h"
#include "libs/stream/emit.h"
#include "libs/stream/event_parser.h"
#include "libs/stream/tables.h"
#include "services/profile/domain/activity.h"
#include "services/profile/domain/facts.h"
#include "services/profile/domain/history.h"
#include "services/profile/domain/stats.h"
#include "services/profile/intake.h"
#include "services/profile/tables.h"

namespace dangol::profile {
namespace {

using event::v1::Activity;
using event::v1::ContactEvent;

void Append(CustomerId customer, v1::TimelineEntry* entry, v1::HistoryRecord* history,
            Context& ctx) {
  if (auto spill = AppendEntry(entry, history)) {
    ctx.Put(Table::kIndex, ChunkKey(customer, spill->full_number), std::move(spill->full));
    if (spill->drop_number >= 0) {
      ctx.Delete(Table::kIndex, ChunkKey(customer, spill->drop_number));
    }
  }
}

bool SeenOrder(CustomerId customer, const v1::HistoryRecord& history, uint64_t hash,
               StateView& state) {
  if (HasOrder(history, hash)) return true;
  for (int64_t n = history.full_order_lists() - 1; n >= 0; --n) {
    const auto list = LoadRecord<v1::OrderList>(state, Table::kIndex, OrdersKey(customer, n));
    if (std::find(list.hashes().begin(), list.hashes().end(), hash) != list.hashes().end()) {
      return true;
    }
  }
  return false;
}

// Notes an activity as seen; false when it was seen before.
bool MarkSeen(CustomerId customer, const Activity& activity, v1::HistoryRecord* history,
              Context& ctx) {
  if (IsOrder(activity)) {
    const uint64_t hash = OrderHash(activity);
    if (SeenOrder(customer, *history, hash, ctx)) return false;
    if (auto full = NoteOrder(hash, history)) {
      ctx.Put(Table::kIndex, OrdersKey(customer, full->number), std::move(full->list));
    }
    return true;
  }
  const uint64_t hash = RecentHash(activity);
  if (SeenRecently(*history, hash, ctx.now())) return false;
  NoteRecent(hash, ctx.now(), history);
  return true;
}

void CountDuplicate(const Activity& activity, Sums& sums, Context& ctx) {
  sums.Change(ctx, [](v1::StatsRecord* stats) { stats->set_duplicates(stats->duplicates() + 1); });
  ctx.Count("duplicates", KindName(activity), 1);
}

void CountAccepted(const Activity& activity, bool clamped, Sums& sums, Context& ctx) {
  sums.Change(ctx, [&](v1::StatsRecord* stats) {
    CountActivity(activity, stats);
    if (clamped) stats->set_clamped_times(stats->clamped_times() + 1);
  });
  if (clamped) ctx.Count("clamped_times", KindName(activity), 1);
}

// Steps on the way to a contact are not worth a line; what came of it is.
bool IsShown(const ContactEvent& contact) {
  switch (contact.status()) {
    case event::v1::CONTACT_STATUS_PLANNED:
      return contact.is_holdout_twin();
    case event::v1::CONTACT_STATUS_UNSPECIFIED:
    case event::v1::CONTACT_STATUS_RESERVED:
    case event::v1::CONTACT_STATUS_ATTEMPTING:
      return false;
    default:
      return true;
  }
}

std::string StatusText(const ContactEvent& contact) {
  if (contact.is_holdout_twin() && contact.status() == event::v1::CONTACT_STATUS_PLANNED) {
    return "HELD_OUT";
  }
  const std::string name = event::v1::ContactStatus_Name(contact.status());
  return std::string(absl::StripPrefix(name, "CONTACT_STATUS_"));
}

}  // namespace

absl::Status AcceptActivity(CustomerId customer, absl::string_view unit_currency,
                            Activity& activity, Workplace& at, Context& ctx) {
  v1::HistoryRecord& history = at.history;
  LoadHistory(ctx, customer, &history);
  if (!MarkSeen(customer, activity, &history, ctx)) {
    CountDuplicate(activity, at.sums, ctx);
    return absl::OkStatus();
  }
  // A single identifier is the one that led here.
  if (activity.identifiers_size() > 1) {
    event::v1::CustomerEvent addresses;
    DANGOL_RETURN_IF_ERROR(ClaimIdentifiers(customer, activity.identifiers(), activity.source(),
                                            addresses.mutable_changed(), ctx));
    if (addresses.changed().has_addresses()) {
      addresses.set_customer_id(customer);
      EmitToCustomer(ctx, Topic::kCustomer, customer, addresses);
    }
  }
  const bool clamped = activity.occurred_time_us() > ctx.now();
  if (clamped) activity.set_occurred_time_us(ctx.now());
  Complete(unit_currency, ctx.now(), &activity);

  at.entry.Clear();
  FillTimeline(activity, &at.entry);
  history.set_last_activity_time_us(
      std::max<Micros>(history.last_activity_time_us(), activity.occurred_time_us()));
  Append(customer, &at.entry, &history, ctx);
  StoreHistory(ctx, customer, history);
  CountAccepted(activity, clamped, at.sums, ctx);

  at.event.set_customer_id(customer);
  at.event.unsafe_arena_set_allocated_activity(&activity);  // lent
  EmitToCustomer(ctx, Topic::kCustomer, customer, at.event);
  at.event.unsafe_arena_release_activity();
  return absl::OkStatus();
}

absl::Status AcceptUpsert(CustomerId customer, const event::v1::CustomerUpsert& upsert,
                          Micros latest, Context& ctx) {
  event::v1::CustomerEvent event;
  DANGOL_RETURN_IF_ERROR(ClaimIdentifiers(customer, upsert.identifiers(), upsert.source(),
                                          event.mutable_changed(), ctx));
  DANGOL_ASSIGN_OR_RETURN(v1::CustomerRecord record, LoadCustomer(ctx, customer));
  const MergeResult merged = MergeFacts(upsert, latest, &record, event.mutable_changed());
  if (merged.dropped > 0) ctx.Count("facts_dropped", "", merged.dropped);
  if (merged.record_changed) StoreCustomer(ctx, customer, record);
  if (!merged.facts_changed && !event.changed().has_addresses()) return absl::OkStatus();
  event.set_customer_id(customer);
  EmitToCustomer(ctx, Topic::kCustomer, customer, event);
  return absl::OkStatus();
}

void NoteContact(CustomerId customer, const ContactEvent& contact, Context& ctx) {
  if (!IsShown(contact)) return;
  v1::TimelineEntry entry;
  entry.set_time_us(contact.contact_time_us() != 0 ? contact.contact_time_us() : ctx.now());
  entry.set_business_unit(contact.business_unit());
  v1::TimelineContact* line = entry.mutable_contact();
  line->set_contact_id(contact.contact_id());
  line->set_campaign(contact.campaign());
  line->set_wave(contact.wave());
  line->set_cell(contact.cell());
  line->set_channel(contact.channel());
  line->set_status(StatusText(contact));
  line->set_suppression_reason(contact.suppression_reason());
  line->set_offer(contact.offer());
  v1::HistoryRecord history = LoadHistory(ctx, customer);
  Append(customer, &entry, &history, ctx);
  StoreHistory(ctx, customer, history);
}

void NoteResponse(CustomerId customer, const event::v1::ResponseEvent& response, Context& ctx) {
  v1::TimelineEntry entry;
  entry.set_time_us(response.occurred_time_us());
  v1::TimelineResponse* line = entry.mutable_response();
  line->set_contact_id(response.contact_id());
  line->set_campaign(response.campaign());
  line->set_cell(response.cell());
  line->set_activity_kind(response.activity_kind());
  line->set_direct(response.direct());
  line->set_within_window(response.within_window());
  line->set_value_minor(response.value_minor());
  line->set_message_id(response.message_id());
  v1::HistoryRecord history = LoadHistory(ctx, customer);
  Append(customer, &entry, &history, ctx);
  StoreHistory(ctx, customer, history);
}

bool MayHoldStages(absl::string_view segment_event) {
  using event::v1::MembershipChanged;
  using event::v1::SegmentEvent;
  FieldReader event(segment_event);
  while (event.Next()) {
    if (event.number() == SegmentEvent::kCustomerIdFieldNumber) continue;
    if (event.number() != SegmentEvent::kMembershipFieldNumber ||
        event.wire() != FieldReader::Wire::kBytes ||
        MayHoldField(event.bytes(), MembershipChanged::kStagesFieldNumber)) {
      return true;
    }
  }
  return !event.ok();
}

void NoteStages(CustomerId customer, const event::v1::SegmentEvent& segment, Context& ctx) {
  if (segment.membership().stages().empty()) return;
  v1::HistoryRecord history = LoadHistory(ctx, customer);
  bool changed = false;
  for (const event::v1::StageChange& stage : segment.membership().stages()) {
    changed |= SetStage(stage.business_unit(), stage.stage(), stage.since_time_us(), &history);
  }
  if (changed) StoreHistory(ctx, customer, history);
}

}  // namespace dangol::profile
