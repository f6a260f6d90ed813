#include "services/profile/intake.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/customer.pb.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "libs/base/names.h"
#include "libs/base/status.h"
#include "libs/stream/emit.h"
#include "libs/stream/merge.h"
#include "services/profile/domain/identifier.h"
#include "services/profile/domain/ownership.h"
#include "services/profile/domain/validate.h"
#include "services/profile/merging.h"
#include "services/profile/tables.h"

namespace dangol::profile {
namespace {

using event::v1::IngestEvent;

MaybeProblem CheckEvent(const IngestEvent& event) {
  switch (event.kind_case()) {
    case IngestEvent::kActivity:
      return CheckActivity(event.activity(), kNever);
    case IngestEvent::kUpsert:
      return CheckUpsert(event.upsert(), kNever);
    case IngestEvent::kForeign:  // one within another
    case IngestEvent::KIND_NOT_SET:
      break;
  }
  return Problem{"kind", "", "is missing", "give an activity or an upsert"};
}

Identifiers* IdentifiersOf(IngestEvent& event) {
  return event.has_activity() ? event.mutable_activity()->mutable_identifiers()
                              : event.mutable_upsert()->mutable_identifiers();
}

const std::string& UnitOf(const IngestEvent& event) {
  return event.has_activity() ? event.activity().business_unit() : event.upsert().business_unit();
}

const std::string& SourceOf(const IngestEvent& event) {
  return event.has_activity() ? event.activity().source() : event.upsert().source();
}

// First sight of `primary`: its customer.
CustomerId CreateCustomer(const common::v1::Identifier& primary, const std::string& text,
                          absl::string_view source, Context& ctx) {
  const CustomerId id = IssueId(dangol::SlotOf(text), ctx);
  ctx.Put(Table::kIndex, text, EncodeKey(id));

  v1::CustomerRecord record;
  record.set_first_seen_time_us(ctx.now());
  SettleClaim(primary, source, /*granted=*/true, ctx.now(), &record);
  StoreCustomer(ctx, id, record);

  v1::StatsRecord stats = LoadStats(ctx);
  stats.set_customers(stats.customers() + 1);
  StoreStats(ctx, stats);

  event::v1::CustomerEvent created;
  created.set_customer_id(id);
  *created.mutable_created()->mutable_addresses() = AddressKindsOf(record);
  EmitToCustomer(ctx, Topic::kCustomer, id, created);
  return id;
}

void SendMoved(CustomerId owner, CustomerId customer, IngestEvent& event, Context& ctx) {
  v1::InternalMessage message;
  message.mutable_moved()->set_owner_id(owner);
  message.mutable_moved()->set_customer_id(customer);
  message.mutable_moved()->mutable_event()->Swap(&event);
  SendInternal(message, PartitionOf(ctx, customer), ctx);
}

// Back to where its first identifier is looked up.
void Bounce(CustomerId owner, IngestEvent& event, Context& ctx) {
  const Partition home = PartitionOf(SlotOf(IdentifiersOf(event)->Get(0)), ctx.partitions());
  v1::InternalMessage message;
  message.mutable_bounced()->set_owner_id(owner);
  message.mutable_bounced()->mutable_event()->Swap(&event);
  SendInternal(message, home, ctx);
  ctx.Count("events_bounced", "erased", 1);
}

// The claimant is not here any more: its claim is that of whom it was merged into, or is given up.
void SendAnswerOn(const v1::ClaimAnswer& answer, Context& ctx) {
  const CustomerId claimant = answer.claim().customer_id();
  if (const auto into = MergedInto(ctx, claimant)) {
    v1::InternalMessage message;
    *message.mutable_answer() = answer;
    message.mutable_answer()->mutable_claim()->set_customer_id(*into);
    SendInternal(message, PartitionOf(ctx, *into), ctx);
  } else if (answer.granted()) {
    ReownIdentifiers({answer.claim().identifier()}, {answer.owner_id()}, 0, ctx);
  }
}

void ReportRefusal(const v1::Claim& claim, CustomerId owner, Context& ctx) {
  v1::MergeEvidence evidence;
  *evidence.mutable_identifier() = claim.identifier();
  evidence.set_tier(IsStrong(claim.identifier().type()) ? v1::EVIDENCE_TIER_STRONG
                                                        : v1::EVIDENCE_TIER_WEAK);
  evidence.set_source(claim.source());
  evidence.set_time_us(ctx.now());
  ReportPair(claim.customer_id(), owner, evidence, ctx);
}

}  // namespace

absl::Status TakeIn(IngestEvent& event, const RegionFn& region, const AcceptFn& accept,
                    Context& ctx) {
  if (auto p = CheckEvent(event)) return ToStatus(*p);
  Identifiers* ids = IdentifiersOf(event);
  if (auto p = NormaliseAll(region(UnitOf(event)), ids)) return ToStatus(*p);

  const std::string text = TextOf(ids->Get(0));
  const Partition home = PartitionOf(dangol::SlotOf(text), ctx.partitions());
  if (home != ctx.scope().partition) {
    v1::InternalMessage forward;
    forward.mutable_misplaced()->Swap(&event);
    SendInternal(forward, home, ctx);
    ctx.Count("misplaced_events", "", 1);
    return absl::OkStatus();
  }
  const std::optional<CustomerId> owner = FindOwner(ctx, text);
  if (!owner) return accept(CreateCustomer(ids->Get(0), text, SourceOf(event), ctx), event, ctx);
  if (PartitionOf(ctx, *owner) == ctx.scope().partition) {
    return Arrive(*owner, *owner, event, accept, ctx);
  }
  event::v1::ResolvedEvent resolved;
  resolved.set_customer_id(*owner);
  resolved.mutable_event()->Swap(&event);
  EmitToCustomer(ctx, Topic::kResolved, *owner, resolved);
  return absl::OkStatus();
}

absl::Status Arrive(CustomerId owner, CustomerId customer, IngestEvent& event,
                    const AcceptFn& accept, Context& ctx) {
  if (IsPresent(ctx, customer)) return accept(customer, event, ctx);
  // By the inbox even within a scope: what was handed over must be there first.
  if (const auto into = MergedInto(ctx, customer)) {
    SendMoved(owner, *into, event, ctx);
  } else {
    Bounce(owner, event, ctx);
  }
  return absl::OkStatus();
}

absl::Status TakeBounced(CustomerId owner, IngestEvent& event, const RegionFn& region,
                         const AcceptFn& accept, Context& ctx) {
  const std::string text = TextOf(IdentifiersOf(event)->Get(0));
  if (FindOwner(ctx, text) == owner) ctx.Delete(Table::kIndex, text);
  return TakeIn(event, region, accept, ctx);
}

absl::Status ClaimIdentifiers(CustomerId customer, const Identifiers& ids, absl::string_view source,
                              event::v1::ProfileChanged* changed, Context& ctx) {
  // A single identifier is the one that led here.
  if (ids.size() < 2) return absl::OkStatus();
  DANGOL_ASSIGN_OR_RETURN(v1::CustomerRecord record, LoadCustomer(ctx, customer));
  const event::v1::AddressKinds before = AddressKindsOf(record);
  int dropped = 0;
  const auto claims = NoteClaims(ids, source, ctx.now(), &record, &dropped);
  if (dropped > 0) ctx.Count("identifiers_dropped", "", dropped);
  if (claims.empty()) return absl::OkStatus();
  StoreCustomer(ctx, customer, record);
  const event::v1::AddressKinds after = AddressKindsOf(record);
  if (!SameKinds(before, after)) *changed->mutable_addresses() = after;
  for (const common::v1::Identifier& id : claims) {
    v1::InternalMessage message;
    v1::Claim* claim = message.mutable_claim();
    *claim->mutable_identifier() = id;
    claim->set_customer_id(customer);
    claim->set_source(std::string(source));
    SendInternal(message, PartitionOf(SlotOf(id), ctx.partitions()), ctx);
  }
  return absl::OkStatus();
}

void AnswerClaim(const v1::Claim& claim, Context& ctx) {
  const std::string text = TextOf(claim.identifier());
  std::optional<CustomerId> owner = FindOwner(ctx, text);
  if (!owner) {
    owner = claim.customer_id();
    ctx.Put(Table::kIndex, text, EncodeKey(*owner));
  }
  v1::InternalMessage message;
  *message.mutable_answer()->mutable_claim() = claim;
  message.mutable_answer()->set_owner_id(*owner);
  message.mutable_answer()->set_granted(*owner == claim.customer_id());
  SendInternal(message, PartitionOf(ctx, claim.customer_id()), ctx);
}

absl::Status TakeAnswer(const v1::ClaimAnswer& answer, Context& ctx) {
  const v1::Claim& claim = answer.claim();
  const CustomerId id = claim.customer_id();
  if (!IsPresent(ctx, id)) {
    SendAnswerOn(answer, ctx);
    return absl::OkStatus();
  }
  DANGOL_ASSIGN_OR_RETURN(v1::CustomerRecord record, LoadCustomer(ctx, id));
  const event::v1::AddressKinds before = AddressKindsOf(record);
  const bool granted =
      answer.granted() || answer.owner_id() == id || IsNameOf(ctx, record, answer.owner_id());
  if (!SettleClaim(claim.identifier(), claim.source(), granted, ctx.now(), &record)) {
    return absl::OkStatus();
  }
  StoreCustomer(ctx, id, record);
  const event::v1::AddressKinds after = AddressKindsOf(record);
  if (!SameKinds(before, after)) {
    event::v1::CustomerEvent event;
    event.set_customer_id(id);
    *event.mutable_changed()->mutable_addresses() = after;
    EmitToCustomer(ctx, Topic::kCustomer, id, event);
  }
  if (!granted) ReportRefusal(claim, answer.owner_id(), ctx);
  return absl::OkStatus();
}

}  // namespace dangol::profile
