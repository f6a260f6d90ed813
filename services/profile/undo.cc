#include "services/profile/undo.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "dangol/event/v1/customer.pb.h"
#include "libs/base/names.h"
#include "libs/base/status.h"
#include "libs/stream/emit.h"
#include "libs/stream/merge.h"
#include "services/profile/customer_state.h"
#include "services/profile/domain/activity.h"
#include "services/profile/domain/history.h"
#include "services/profile/domain/ownership.h"
#include "services/profile/domain/unite.h"
#include "services/profile/merging.h"
#include "services/profile/tables.h"

namespace dangol::profile {
namespace {

using Status = v1::IdentifierRecord;

std::string KeyOf(const v1::MergeRecord& record) {
  return PairKey(*ParseCustomerName("", record.merge().from()),
                 *ParseCustomerName("", record.merge().into()));
}

// The identifiers that go to the new customer. Refused from now on to the old one, so that the same
// evidence is not found again.
std::vector<common::v1::Identifier> PartIdentifiers(v1::CustomerRecord* parted,
                                                    v1::CustomerRecord* root) {
  std::vector<common::v1::Identifier> owned;
  google::protobuf::RepeatedPtrField<v1::IdentifierRecord> stay;
  for (v1::IdentifierRecord& theirs : *parted->mutable_identifiers()) {
    // A claim under way at the moment of the merge was settled for the old one.
    if (theirs.status() == Status::STATUS_CLAIMED) theirs.set_status(Status::STATUS_REFUSED);
    *stay.Add() = theirs;
    if (theirs.status() != Status::STATUS_OWNED) continue;
    owned.push_back(theirs.identifier());
    v1::IdentifierRecord* known = FindIdentifier(theirs.identifier(), root);
    if (known != nullptr) known->set_status(Status::STATUS_REFUSED);
  }
  parted->mutable_identifiers()->Swap(&stay);
  return owned;
}

bool Has(const google::protobuf::RepeatedField<uint64_t>& names, CustomerId id) {
  return std::find(names.begin(), names.end(), id) != names.end();
}

// A merge of which the result was merged here is the new customer's, who has its identifiers now.
void GiveMerge(const std::string& key, CustomerId fresh, Context& ctx) {
  auto row = LoadMerge(ctx, key);
  if (!row) return;
  row->set_holder(fresh);
  row->add_names(fresh);
  StoreMerge(ctx, key, *row);
}

// A merge that took in what `parted` was does not give it away again when it is undone itself.
void Withhold(const std::string& key, const v1::MergeRecord& parted,
              const std::vector<common::v1::Identifier>& identifiers, Context& ctx) {
  auto row = LoadMerge(ctx, key);
  if (!row || !Has(row->names(), FromOf(KeyOf(parted)))) return;
  for (const common::v1::Identifier& identifier : identifiers) {
    auto* known = FindIdentifier(identifier, row->mutable_kept()->mutable_record());
    if (known != nullptr) known->set_status(Status::STATUS_REFUSED);
  }
  std::vector<uint64_t> names;
  for (uint64_t name : row->names()) {
    if (!Has(parted.names(), name)) names.push_back(name);
  }
  row->mutable_names()->Assign(names.begin(), names.end());
  StoreMerge(ctx, key, *row);
}

void PartMerges(const v1::MergeRecord& record,
                const std::vector<common::v1::Identifier>& identifiers, CustomerId fresh,
                v1::CustomerRecord* root, v1::CustomerRecord* parted, Context& ctx) {
  google::protobuf::RepeatedPtrField<std::string> keys;
  keys.Swap(root->mutable_merge_keys());
  const std::string present = KeyOf(record);
  for (const std::string& key : keys) {
    if (key != present && Has(record.names(), FromOf(key))) {
      GiveMerge(key, fresh, ctx);
      parted->add_merge_keys(key);
      continue;
    }
    if (key != present) Withhold(key, record, identifiers, ctx);
    root->add_merge_keys(key);
  }
}

void EmitAbout(CustomerId id, event::v1::CustomerEvent event, Context& ctx) {
  event.set_customer_id(id);
  EmitToCustomer(ctx, Topic::kCustomer, id, event);
}

void Publish(CustomerId id, const v1::CustomerState& state, Context& ctx) {
  event::v1::CustomerEvent created;
  *created.mutable_created()->mutable_addresses() = AddressKindsOf(state.record());
  EmitAbout(id, std::move(created), ctx);
  // United with no one, all facts are new.
  event::v1::CustomerEvent changed;
  v1::CustomerState nobody;
  if (Unite(state, &nobody, changed.mutable_changed()).facts_changed) {
    EmitAbout(id, std::move(changed), ctx);
  }
  for (const std::string& bytes : state.timeline()) {
    event::v1::CustomerEvent again;
    if (!FromTimeline(ParseEntry(bytes), again.mutable_activity())) continue;
    again.mutable_activity()->set_received_time_us(ctx.now());
    again.set_reissued(true);
    EmitAbout(id, std::move(again), ctx);
  }
}

}  // namespace

absl::Status UndoMerge(CustomerId root, v1::MergeRecord* record, Context& ctx) {
  if (record->holder() != 0) root = record->holder();
  while (const auto next = MergedInto(ctx, root)) root = *next;
  DANGOL_ASSIGN_OR_RETURN(v1::CustomerRecord old, LoadCustomer(ctx, root));
  const CustomerId id = IssueId(SlotOfCustomer(root), ctx);
  v1::CustomerState state = std::move(*record->mutable_kept());
  const event::v1::AddressKinds before = AddressKindsOf(old);
  const auto identifiers = PartIdentifiers(state.mutable_record(), &old);
  PartMerges(*record, identifiers, id, &old, state.mutable_record(), ctx);
  old.set_version(old.version() + 1);
  StoreCustomer(ctx, root, old);
  StoreState(ctx, id, state);
  ReownIdentifiers(identifiers, {record->names().begin(), record->names().end()}, id, ctx);

  const event::v1::AddressKinds after = AddressKindsOf(old);
  if (!SameKinds(before, after)) {
    event::v1::CustomerEvent changed;
    *changed.mutable_changed()->mutable_addresses() = after;
    EmitAbout(root, std::move(changed), ctx);
  }
  Publish(id, state, ctx);
  record->mutable_merge()->set_reissued(CustomerName(id));
  record->clear_kept();
  record->clear_names();
  record->clear_holder();
  v1::StatsRecord stats = LoadStats(ctx);
  stats.set_customers(stats.customers() + 1);
  StoreStats(ctx, stats);
  return absl::OkStatus();
}

}  // namespace dangol::profile
