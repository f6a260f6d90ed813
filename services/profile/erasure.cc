#include "services/profile/erasure.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "dangol/event/v1/customer.pb.h"
#include "libs/base/hash.h"
#include "libs/base/names.h"
#include "libs/base/status.h"
#include "libs/stream/emit.h"
#include "libs/stream/merge.h"
#include "libs/stream/tables.h"
#include "services/profile/customer_state.h"
#include "services/profile/domain/ownership.h"
#include "services/profile/merging.h"
#include "services/profile/tables.h"

namespace dangol::profile {
namespace {

constexpr absl::string_view kPrefix = "erasures/";
constexpr absl::string_view kCustomers = "customers/";

// Defaults of RuntimeOptions, with a day for the trimmer, which waits for slow readers.
constexpr Micros kTopicsKept = 8 * kMicrosPerDay;
constexpr Micros kOutcomesKept = 2 * kMicrosPerDay;

// Ids of which the rows in flight lead here: merged into it, undone or not.
std::vector<CustomerId> OldNames(StateView& state, const v1::CustomerRecord& record) {
  std::vector<CustomerId> names;
  for (const std::string& key : record.merge_keys()) {
    const auto row = LoadMerge(state, key);
    if (!row) continue;
    const v1::MergeState s = row->merge().state();
    if (s == v1::MERGE_STATE_MERGED || s == v1::MERGE_STATE_UNDONE) names.push_back(FromOf(key));
  }
  return names;
}

void ForgetPairs(CustomerId id, const v1::CustomerRecord& record, Context& ctx) {
  for (const std::string& key : record.merge_keys()) {
    const auto row = LoadMerge(ctx, key);
    if (row && !IsOpenElsewhere(*row, key, id)) DeleteMerge(ctx, key);
    const CustomerId other = FromOf(key) == id ? IntoOf(key) : FromOf(key);
    SendPairGone(key, other, 0, ctx);
  }
}

void AddRemoval(absl::string_view service, CustomerId id, Micros time, v1::Erasure* proof) {
  v1::ErasureRemoval* removal = proof->add_removals();
  removal->set_service(std::string(service));
  removal->set_customer(CustomerName(id));
  removal->set_time_us(time);
}

void AddExpiry(absl::string_view name, Micros time, v1::Erasure* proof) {
  proof->add_expiries()->set_name(std::string(name));
  proof->mutable_expiries(proof->expiries_size() - 1)->set_time_us(time);
}

v1::Erasure BeginProof(CustomerId id, const std::vector<CustomerId>& names,
                       const v1::CustomerRecord& record, Micros now) {
  v1::Erasure proof;
  proof.set_name(ErasureName(id));
  proof.set_state(v1::ERASURE_STATE_RUNNING);
  proof.set_customer(CustomerName(id));
  proof.set_record_hash(
      absl::StrCat(absl::Hex(Hash64(record.SerializeAsString()), absl::kZeroPad16)));
  proof.set_request_time_us(now);
  for (CustomerId name : names) {
    AddRemoval(ServiceName(Service::kProfile), name, now, &proof);
    if (name != id) proof.add_merged(CustomerName(name));
  }
  for (Topic topic : {Topic::kIngest, Topic::kResolved, Topic::kInboxProfile, Topic::kDead}) {
    AddExpiry(TopicName(topic), now + kTopicsKept, &proof);
  }
  AddExpiry("outcomes", now + kOutcomesKept, &proof);
  return proof;
}

}  // namespace

std::string ErasureName(CustomerId id) {
  const std::string name = CustomerName(id);
  return absl::StrCat(kPrefix, absl::StripPrefix(name, kCustomers));
}

absl::StatusOr<CustomerId> ParseErasureName(absl::string_view field, absl::string_view name) {
  absl::string_view rest = name;
  absl::StatusOr<CustomerId> id = absl::InvalidArgumentError("");
  if (absl::ConsumePrefix(&rest, kPrefix)) {
    id = ParseCustomerName(field, absl::StrCat(kCustomers, rest));
  }
  if (id.ok()) return id;
  return BadField(field, name, "names no erasure", "use erasures/{16 hexadecimal digits}");
}

absl::StatusOr<std::string> EraseCustomer(const v1::EraseCommand& command, const Caller& caller,
                                          Context& ctx) {
  const CustomerId id = command.customer_id();
  DANGOL_RETURN_IF_ERROR(CheckPresent(ctx, id));
  DANGOL_ASSIGN_OR_RETURN(const v1::CustomerRecord record, LoadCustomer(ctx, id));
  std::vector<CustomerId> names = OldNames(ctx, record);
  names.insert(names.begin(), id);
  v1::Erasure proof = BeginProof(id, names, record, ctx.now());
  proof.set_requested_by(caller.principal);
  proof.set_reason(command.reason());

  ReownIdentifiers(IdentifiersHeld(record), names, 0, ctx);
  ForgetPairs(id, record, ctx);
  RemoveState(ctx, id);
  for (CustomerId name : names) {
    event::v1::CustomerEvent erased;
    erased.set_customer_id(name);
    erased.mutable_erased()->set_erasure(proof.name());
    EmitToCustomer(ctx, Topic::kCustomer, name, erased);
  }
  MarkErased(ctx, id);
  v1::StatsRecord stats = LoadStats(ctx);
  stats.set_customers(stats.customers() - 1);
  StoreStats(ctx, stats);
  StoreRecord(ctx, Table::kIndex, ErasureKey(id), proof);
  return proof.SerializeAsString();
}

absl::Status TakeAcknowledgement(const event::v1::Erased& erased, Context& ctx) {
  DANGOL_ASSIGN_OR_RETURN(const CustomerId id, ParseErasureName("erasure", erased.erasure()));
  v1::InternalMessage message;
  v1::RemovalSeen* seen = message.mutable_removal();
  seen->set_erased_id(id);
  seen->mutable_removal()->set_service(erased.service());
  seen->mutable_removal()->set_customer(CustomerName(erased.customer_id()));
  seen->mutable_removal()->set_time_us(erased.time_us());
  if (PartitionOf(ctx, id) == ctx.scope().partition) {
    TakeRemoval(*seen, ctx);
  } else {
    SendInternal(message, PartitionOf(ctx, id), ctx);
  }
  return absl::OkStatus();
}

void TakeRemoval(const v1::RemovalSeen& seen, Context& ctx) {
  const std::string key = ErasureKey(seen.erased_id());
  auto proof = LoadRecord<v1::Erasure>(ctx, Table::kIndex, key);
  for (const v1::ErasureRemoval& known : proof.removals()) {
    const bool same = known.service() == seen.removal().service() &&
                      known.customer() == seen.removal().customer();
    if (same) return;
  }
  *proof.add_removals() = seen.removal();
  if (proof.removals_size() == kServices * (1 + proof.merged_size())) {
    proof.set_state(v1::ERASURE_STATE_COMPLETE);
    for (const v1::ErasureRemoval& r : proof.removals()) {
      proof.set_complete_time_us(std::max(proof.complete_time_us(), r.time_us()));
    }
  }
  StoreRecord(ctx, Table::kIndex, key, proof);
}

}  // namespace dangol::profile
