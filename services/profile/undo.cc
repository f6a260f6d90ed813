#include "services/profile/undo.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "dangol/event/v1/customer.pb.h"
#include "libs/base/names.h"
#include "libs/base/status.h"
#include "libs/stream/emit.h"
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

// Merges of which the result was merged here are the new customer's.
void PartMerges(const v1::MergeRecord& record, v1::CustomerRecord* root,
                v1::CustomerRecord* parted) {
  std::vector<std::string> stay;
  const std::string present = PairKey(*ParseCustomerName("", record.merge().from()),
                                      *ParseCustomerName("", record.merge().into()));
  for (const std::string& key : root->merge_keys()) {
    const bool theirs = key != present && std::find(record.names().begin(), record.names().end(),
                                                    FromOf(key)) != record.names().end();
    if (theirs) {
      parted->add_merge_keys(key);
    } else {
      stay.push_back(key);
    }
  }
  *root->mutable_merge_keys() = {stay.begin(), stay.end()};
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
  DANGOL_ASSIGN_OR_RETURN(v1::CustomerRecord old, LoadCustomer(ctx, root));
  const CustomerId id = IssueId(SlotOfCustomer(root), ctx);
  v1::CustomerState state = std::move(*record->mutable_kept());
  const event::v1::AddressKinds before = AddressKindsOf(old);
  const auto identifiers = PartIdentifiers(state.mutable_record(), &old);
  PartMerges(*record, &old, state.mutable_record());
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
  v1::StatsRecord stats = LoadStats(ctx);
  stats.set_customers(stats.customers() + 1);
  StoreStats(ctx, stats);
  return absl::OkStatus();
}

}  // namespace dangol::profile
