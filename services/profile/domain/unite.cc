#include "services/profile/domain/unite.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "dangol/event/v1/customer.pb.h"
#include "dangol/event/v1/ingest.pb.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "dangol/profile/v1/state.pb.h"
#include "services/profile/domain/history.h"
#include "services/profile/domain/ownership.h"

namespace dangol::profile {
namespace {

using event::v1::CustomerUpsert;
using event::v1::ProfileChanged;

// Owned before claimed before refused, as the values ascend.
void UniteIdentifiers(const v1::CustomerRecord& from, v1::CustomerRecord* into) {
  for (const v1::IdentifierRecord& theirs : from.identifiers()) {
    v1::IdentifierRecord* ours = FindIdentifier(theirs.identifier(), into);
    if (ours == nullptr) {
      *into->add_identifiers() = theirs;
      continue;
    }
    ours->set_status(std::min(ours->status(), theirs.status()));
    if (theirs.first_seen_time_us() < ours->first_seen_time_us()) {
      ours->set_first_seen_time_us(theirs.first_seen_time_us());
      ours->set_source(theirs.source());
    }
  }
}

// Each fact with its own source and time.
std::vector<CustomerUpsert> FactsOf(const v1::CustomerRecord& record) {
  std::vector<CustomerUpsert> facts;
  for (const v1::TraitRecord& trait : record.traits()) {
    CustomerUpsert& upsert = facts.emplace_back();
    upsert.set_source(trait.trait().source());
    upsert.set_observed_time_us(trait.trait().observed_time_us());
    (*upsert.mutable_traits())[trait.name()] = trait.trait().value();
  }
  CustomerUpsert& rest = facts.emplace_back();
  *rest.mutable_consents() = record.consents();
  rest.set_observed_time_us(record.time_zone_observed_time_us());
  rest.set_time_zone(record.time_zone());
  return facts;
}

// Greater wins: do-not-serve, for longer, said later.
auto RankOf(const v1::CustomerRecord& record) {
  const v1::Restriction& r = record.restriction();
  const Micros until = !r.do_not_serve() ? 0 : r.until_time_us() == 0 ? kNever : r.until_time_us();
  return std::make_tuple(r.do_not_serve(), until, record.restriction_observed_time_us(),
                         r.SerializeAsString());
}

bool UniteRestriction(const v1::CustomerRecord& from, v1::CustomerRecord* into,
                      ProfileChanged* published) {
  if (!from.has_restriction()) return false;
  if (into->has_restriction() && RankOf(from) <= RankOf(*into)) return false;
  const bool same =
      into->restriction().SerializeAsString() == from.restriction().SerializeAsString();
  *into->mutable_restriction() = from.restriction();
  into->set_restriction_observed_time_us(from.restriction_observed_time_us());
  if (same) return false;
  *published->mutable_restriction() = from.restriction();
  return true;
}

void UniteRecent(const v1::HistoryRecord& from, v1::HistoryRecord* into) {
  std::vector<std::pair<int64_t, uint64_t>> seen;
  for (const v1::HistoryRecord* h : {&from, static_cast<const v1::HistoryRecord*>(into)}) {
    for (int i = 0; i < h->recent_hashes_size(); ++i) {
      seen.emplace_back(h->recent_seconds(i), h->recent_hashes(i));
    }
  }
  std::sort(seen.begin(), seen.end());
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
  into->clear_recent_hashes();
  into->clear_recent_seconds();
  for (const auto& [seconds, hash] : seen) {
    into->add_recent_seconds(seconds);
    into->add_recent_hashes(hash);
  }
}

void UniteHistory(const v1::CustomerState& from, v1::CustomerState* into) {
  v1::HistoryRecord* history = into->mutable_history();
  history->set_last_activity_time_us(
      std::max(history->last_activity_time_us(), from.history().last_activity_time_us()));
  UniteRecent(from.history(), history);
  for (const v1::Lifecycle& theirs : from.history().lifecycles()) {
    const auto& ours = history->lifecycles();
    const bool known = std::any_of(ours.begin(), ours.end(), [&](const v1::Lifecycle& l) {
      return l.business_unit() == theirs.business_unit();
    });
    // Segmentation tells the stage of the two together.
    if (!known) *history->add_lifecycles() = theirs;
  }
}

void UniteTimeline(const v1::CustomerState& from, v1::CustomerState* into) {
  std::vector<std::pair<Micros, std::string>> entries;
  for (const auto* timeline : {&from.timeline(), &std::as_const(*into).timeline()}) {
    for (const std::string& entry : *timeline) {
      entries.emplace_back(ParseEntry(entry).time_us(), entry);
    }
  }
  std::sort(entries.begin(), entries.end());
  entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
  const size_t drop = entries.size() > kTimelineEntries ? entries.size() - kTimelineEntries : 0;
  into->clear_timeline();
  for (size_t i = drop; i < entries.size(); ++i) into->add_timeline(std::move(entries[i].second));
}

void UniteOrders(const v1::CustomerState& from, v1::CustomerState* into) {
  std::vector<uint64_t> orders(into->orders().begin(), into->orders().end());
  orders.insert(orders.end(), from.orders().begin(), from.orders().end());
  std::sort(orders.begin(), orders.end());
  orders.erase(std::unique(orders.begin(), orders.end()), orders.end());
  into->mutable_orders()->Assign(orders.begin(), orders.end());
}

}  // namespace

MergeResult Unite(const v1::CustomerState& from, v1::CustomerState* into,
                  ProfileChanged* published) {
  v1::CustomerRecord* record = into->mutable_record();
  const event::v1::AddressKinds before = AddressKindsOf(*record);
  UniteIdentifiers(from.record(), record);
  const event::v1::AddressKinds after = AddressKindsOf(*record);
  MergeResult result;
  for (const CustomerUpsert& fact : FactsOf(from.record())) {
    const MergeResult one = MergeFacts(fact, kNever, record, published);
    result.facts_changed |= one.facts_changed;
    result.dropped += one.dropped;
  }
  result.facts_changed |= UniteRestriction(from.record(), record, published);
  if (!SameKinds(before, after)) {
    *published->mutable_addresses() = after;
    result.facts_changed = true;
  }
  record->set_first_seen_time_us(
      std::min(record->first_seen_time_us(), from.record().first_seen_time_us()));
  record->set_version(std::max(record->version(), from.record().version()) + 1);
  result.record_changed = true;
  UniteHistory(from, into);
  UniteTimeline(from, into);
  UniteOrders(from, into);
  return result;
}

}  // namespace dangol::profile
