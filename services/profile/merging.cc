#include "services/profile/merging.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/customer.pb.h"
#include "libs/base/names.h"
#include "libs/base/status.h"
#include "libs/stream/emit.h"
#include "libs/stream/merge.h"
#include "services/profile/customer_state.h"
#include "services/profile/domain/identifier.h"
#include "services/profile/domain/ownership.h"
#include "services/profile/domain/unite.h"
#include "services/profile/tables.h"

namespace dangol::profile {
namespace {

constexpr int kEvidenceMax = 16;

// A quarter of the greatest record: what wraps a hand-over, and what it is united with, must fit.
constexpr size_t kHandOverBytesMax = 1 << 20;

void SendPair(CustomerId a, CustomerId b, v1::PairFound pair, Context& ctx) {
  if (a == b) return;  // one already
  pair.set_from(std::max(a, b));
  pair.set_into(std::min(a, b));
  const CustomerId to = pair.checked() ? pair.from() : pair.into();
  v1::InternalMessage message;
  *message.mutable_pair() = std::move(pair);
  SendInternal(message, PartitionOf(ctx, to), ctx);
}

// Again from the start, about the customers they are now.
void SendAgain(CustomerId a, CustomerId b, v1::PairFound pair, Context& ctx) {
  pair.set_checked(false);
  SendPair(a, b, std::move(pair), ctx);
}

absl::Status NotePair(CustomerId id, absl::string_view pair_key, Context& ctx) {
  DANGOL_ASSIGN_OR_RETURN(v1::CustomerRecord record, LoadCustomer(ctx, id));
  if (AddPair(pair_key, &record)) StoreCustomer(ctx, id, record);
  return absl::OkStatus();
}

v1::MergeRecord Propose(const v1::PairFound& pair, Context& ctx) {
  v1::MergeRecord record;
  v1::Merge* merge = record.mutable_merge();
  merge->set_name(MergeName(pair.from(), pair.into()));
  merge->set_state(v1::MERGE_STATE_PROPOSED);
  merge->set_from(CustomerName(pair.from()));
  merge->set_into(CustomerName(pair.into()));
  merge->set_create_time_us(ctx.now());
  v1::StatsRecord stats = LoadStats(ctx);
  stats.set_merge_proposals(stats.merge_proposals() + 1);
  StoreStats(ctx, stats);
  const bool strong = pair.evidence().tier() == v1::EVIDENCE_TIER_STRONG;
  ctx.Count("merge_proposals", strong ? "strong" : "weak", 1);
  return record;
}

void AddEvidence(const v1::MergeEvidence& evidence, v1::Merge* merge) {
  if (!evidence.has_identifier() || merge->evidence_size() >= kEvidenceMax) return;
  for (const v1::MergeEvidence& known : merge->evidence()) {
    if (TextOf(known.identifier()) == TextOf(evidence.identifier())) return;
  }
  *merge->add_evidence() = evidence;
}

void TakeRejection(const v1::Merge& rejected, v1::Merge* merge) {
  merge->set_state(v1::MERGE_STATE_REJECTED);
  merge->set_decided_by(rejected.decided_by());
  merge->set_decide_time_us(rejected.decide_time_us());
  merge->set_reason(rejected.reason());
}

// If the customer is here.
void DropPair(CustomerId id, absl::string_view key, Context& ctx) {
  absl::StatusOr<v1::CustomerRecord> record = LoadCustomer(ctx, id);
  if (!record.ok()) return;
  auto* keys = record->mutable_merge_keys();
  const auto rest = std::remove(keys->begin(), keys->end(), key);
  if (rest == keys->end()) return;
  keys->erase(rest, keys->end());
  StoreCustomer(ctx, id, *record);
}

// The same pair under the name of what one of them is now.
void ReportAgain(const v1::Merge& merge, CustomerId a, CustomerId b, Context& ctx) {
  v1::PairFound pair;
  if (merge.state() == v1::MERGE_STATE_REJECTED) *pair.mutable_rejected() = merge;
  for (const v1::MergeEvidence& evidence : merge.evidence()) {
    *pair.mutable_evidence() = evidence;
    SendAgain(a, b, pair, ctx);
  }
}

// The pairs of a customer that goes away: those that were merged go with it, the others are found
// again by what it becomes.
void TakePairsAlong(CustomerId from, CustomerId into, v1::CustomerState* state,
                    v1::MergeRecord* present, Context& ctx) {
  google::protobuf::RepeatedPtrField<std::string> keys;
  keys.Swap(state->mutable_record()->mutable_merge_keys());
  for (const std::string& key : keys) {
    auto row = LoadMerge(ctx, key);
    if (!row || IsOpenElsewhere(*row, key, from)) {
      SendPairGone(key, FromOf(key), into, ctx);
      continue;
    }
    DeleteMerge(ctx, key);
    if (key == PairKey(from, into)) continue;
    if (IsOpen(row->merge())) {
      ReportAgain(row->merge(), into, IntoOf(key), ctx);
      continue;
    }
    if (row->merge().state() == v1::MERGE_STATE_MERGED) present->add_names(FromOf(key));
    *state->add_merges() = *std::move(row);
  }
}

absl::Status CheckHandOver(StateView& view, CustomerId from, const v1::CustomerState& state) {
  size_t bytes = state.ByteSizeLong();
  for (const std::string& key : state.record().merge_keys()) {
    if (const auto row = LoadMerge(view, key)) bytes += row->ByteSizeLong();
  }
  if (bytes <= kHandOverBytesMax) return absl::OkStatus();
  return Precondition("MERGE_TOO_LARGE",
                      absl::StrCat(CustomerName(from), ", with the customers merged into it, is ",
                                   bytes, " bytes; at most ", kHandOverBytesMax,
                                   " can be merged into another; look for an identifier that many "
                                   "people use"));
}

// The merge under way is the last of its merges.
absl::StatusOr<v1::CustomerState> ParseHandOver(absl::string_view bytes) {
  v1::CustomerState state;
  if (!state.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      state.merges().empty()) {
    return absl::DataLossError("profile: a hand-over cannot be decoded");
  }
  return state;
}

void CountMerge(Context& ctx) {
  v1::StatsRecord stats = LoadStats(ctx);
  stats.set_customers(stats.customers() - 1);
  stats.set_merges(stats.merges() + 1);
  StoreStats(ctx, stats);
}

}  // namespace

std::string MergeName(CustomerId from, CustomerId into) {
  constexpr size_t kPrefix = sizeof("customers/") - 1;
  return absl::StrCat("merges/", CustomerName(from).substr(kPrefix), "-",
                      CustomerName(into).substr(kPrefix));
}

bool IsOpen(const v1::Merge& merge) {
  return merge.state() == v1::MERGE_STATE_PROPOSED || merge.state() == v1::MERGE_STATE_REJECTED;
}

bool IsOpenElsewhere(const v1::MergeRecord& record, absl::string_view key, CustomerId mine) {
  return IsOpen(record.merge()) && FromOf(key) != mine;
}

void SendPairGone(absl::string_view key, CustomerId to, CustomerId now, Context& ctx) {
  v1::InternalMessage message;
  message.mutable_pair_gone()->set_from(FromOf(key));
  message.mutable_pair_gone()->set_into(IntoOf(key));
  message.mutable_pair_gone()->set_now(now);
  SendInternal(message, PartitionOf(ctx, to), ctx);
}

bool IsNameOf(StateView& state, const v1::CustomerRecord& record, CustomerId id) {
  for (const std::string& key : record.merge_keys()) {
    if (FromOf(key) != id) continue;
    const auto row = LoadMerge(state, key);
    if (row && row->merge().state() == v1::MERGE_STATE_MERGED) return true;
  }
  return false;
}

bool AddPair(absl::string_view pair_key, v1::CustomerRecord* record) {
  const auto& keys = record->merge_keys();
  if (std::find(keys.begin(), keys.end(), pair_key) != keys.end()) return false;
  record->add_merge_keys(std::string(pair_key));
  return true;
}

void ReportPair(CustomerId a, CustomerId b, const v1::MergeEvidence& evidence, Context& ctx) {
  v1::PairFound pair;
  *pair.mutable_evidence() = evidence;
  SendPair(a, b, std::move(pair), ctx);
}

absl::Status TakePair(const v1::PairFound& pair, Context& ctx) {
  const CustomerId mine = pair.checked() ? pair.from() : pair.into();
  const CustomerId other = pair.checked() ? pair.into() : pair.from();
  if (IsErased(ctx, mine)) return absl::OkStatus();
  if (const auto now = MergedInto(ctx, mine)) {
    SendAgain(*now, other, pair, ctx);
    return absl::OkStatus();
  }
  const std::string key = PairKey(pair.from(), pair.into());
  DANGOL_RETURN_IF_ERROR(NotePair(mine, key, ctx));
  if (!pair.checked()) {
    v1::PairFound checked = pair;
    checked.set_checked(true);
    SendPair(mine, other, std::move(checked), ctx);
    return absl::OkStatus();
  }
  auto record = LoadMerge(ctx, key);
  if (!record) record = Propose(pair, ctx);
  v1::Merge* merge = record->mutable_merge();
  AddEvidence(pair.evidence(), merge);
  const bool open = merge->state() == v1::MERGE_STATE_PROPOSED;
  if (open && pair.has_rejected()) {
    TakeRejection(pair.rejected(), merge);
  } else if (open && pair.evidence().tier() == v1::EVIDENCE_TIER_STRONG) {
    absl::Status merged = MergeAway(pair.from(), pair.into(), *record, ctx);
    if (!absl::IsFailedPrecondition(merged)) return merged;
    ctx.Count("merges_too_large", "", 1);  // it stays a proposal
  }
  StoreMerge(ctx, key, *record);
  return absl::OkStatus();
}

absl::Status TakePairGone(const v1::PairGone& pair, Context& ctx) {
  const std::string key = PairKey(pair.from(), pair.into());
  for (CustomerId id : {pair.from(), pair.into()}) DropPair(id, key, ctx);
  const auto row = LoadMerge(ctx, key);
  // Otherwise `from` went away first, and has reported its pairs again.
  if (!row || !IsOpen(row->merge()) || !IsPresent(ctx, pair.from())) return absl::OkStatus();
  DeleteMerge(ctx, key);
  if (pair.now() != 0) ReportAgain(row->merge(), pair.from(), pair.now(), ctx);
  return absl::OkStatus();
}

absl::Status MergeAway(CustomerId from, CustomerId into, v1::MergeRecord record, Context& ctx) {
  DANGOL_ASSIGN_OR_RETURN(const v1::CustomerRecord customer, LoadCustomer(ctx, from));
  v1::CustomerState state = LoadState(ctx, from, customer);
  DANGOL_RETURN_IF_ERROR(CheckHandOver(ctx, from, state));
  record.mutable_merge()->set_state(v1::MERGE_STATE_MERGED);
  record.mutable_merge()->set_decide_time_us(ctx.now());
  record.add_names(from);
  TakePairsAlong(from, into, &state, &record, ctx);
  *state.add_merges() = std::move(record);
  RemoveState(ctx, from);
  CountMerge(ctx);
  event::v1::CustomerEvent merged;
  merged.set_customer_id(from);
  merged.mutable_merged()->set_into(into);
  EmitToCustomer(ctx, Topic::kCustomer, from, merged);
  return HandOverCustomer(ctx, from, into, state.SerializeAsString());
}

absl::Status TakeHandOver(CustomerId into, CustomerId, absl::string_view bytes, Context& ctx) {
  DANGOL_ASSIGN_OR_RETURN(v1::CustomerState theirs, ParseHandOver(bytes));
  DANGOL_ASSIGN_OR_RETURN(const v1::CustomerRecord record, LoadCustomer(ctx, into));
  v1::CustomerState mine = LoadState(ctx, into, record);
  event::v1::CustomerEvent event;
  const MergeResult united = Unite(theirs, &mine, event.mutable_changed());
  if (united.dropped > 0) ctx.Count("facts_dropped", "", united.dropped);

  google::protobuf::RepeatedPtrField<v1::MergeRecord> merges;
  merges.Swap(theirs.mutable_merges());
  *merges.rbegin()->mutable_kept() = std::move(theirs);
  for (const v1::MergeRecord& merge : merges) {
    DANGOL_ASSIGN_OR_RETURN(const CustomerId a, ParseCustomerName("from", merge.merge().from()));
    DANGOL_ASSIGN_OR_RETURN(const CustomerId b, ParseCustomerName("into", merge.merge().into()));
    AddPair(PairKey(a, b), mine.mutable_record());
    StoreMerge(ctx, PairKey(a, b), merge);
  }
  RemoveState(ctx, into);
  StoreState(ctx, into, mine);
  if (!united.facts_changed) return absl::OkStatus();
  event.set_customer_id(into);
  EmitToCustomer(ctx, Topic::kCustomer, into, event);
  return absl::OkStatus();
}

absl::Status DropHandOver(absl::string_view bytes, Context& ctx) {
  DANGOL_ASSIGN_OR_RETURN(const v1::CustomerState theirs, ParseHandOver(bytes));
  const auto& names = theirs.merges().rbegin()->names();
  ReownIdentifiers(IdentifiersHeld(theirs.record()), {names.begin(), names.end()}, 0, ctx);
  return absl::OkStatus();
}

void SetOwner(const v1::SetOwner& message, Context& ctx) {
  const std::string text = TextOf(message.identifier());
  const auto owner = FindOwner(ctx, text);
  const auto& owners = message.owners();
  if (!owner || std::find(owners.begin(), owners.end(), *owner) == owners.end()) return;
  if (message.owner_id() == 0) {
    ctx.Delete(Table::kIndex, text);
  } else {
    ctx.Put(Table::kIndex, text, EncodeKey(message.owner_id()));
  }
}

void ReownIdentifiers(const std::vector<common::v1::Identifier>& identifiers,
                      const std::vector<CustomerId>& owners, CustomerId owner, Context& ctx) {
  for (const common::v1::Identifier& identifier : identifiers) {
    v1::InternalMessage message;
    *message.mutable_set_owner()->mutable_identifier() = identifier;
    message.mutable_set_owner()->mutable_owners()->Assign(owners.begin(), owners.end());
    message.mutable_set_owner()->set_owner_id(owner);
    SendInternal(message, PartitionOf(SlotOf(identifier), ctx.partitions()), ctx);
  }
}

}  // namespace dangol::profile
