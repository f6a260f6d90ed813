#include "services/response/domain/cell_sums.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "dangol/response/v1/state.pb.h"
#include "libs/base/status.h"
#include "services/response/domain/match.h"

namespace dangol::response {
namespace {

// The entry of a repeated field kept in order of `name`, made when it is not there.
template <typename Repeated, typename NameOf, typename SetName>
auto* Entry(Repeated* entries, absl::string_view name, const NameOf& name_of,
            const SetName& set_name) {
  const auto at =
      std::lower_bound(entries->begin(), entries->end(), name,
                       [&](const auto& e, absl::string_view n) { return name_of(e) < n; });
  const int index = static_cast<int>(at - entries->begin());
  if (at != entries->end() && name_of(*at) == name) return &*at;
  set_name(entries->Add());
  std::rotate(entries->begin() + index, entries->end() - 1, entries->end());
  return entries->Mutable(index);
}

v1::MetricSums* MetricEntry(absl::string_view name, v1::CellSums* cell) {
  return Entry(
      cell->mutable_metrics(), name, [](const auto& m) { return absl::string_view(m.name()); },
      [&](auto* m) { m->set_name(std::string(name)); });
}

v1::ReasonCount* ReasonEntry(absl::string_view reason, v1::CellSums* cell) {
  return Entry(
      cell->mutable_suppressed(), reason,
      [](const auto& r) { return absl::string_view(r.reason()); },
      [&](auto* r) { r->set_reason(std::string(reason)); });
}

v1::OfferCounts* OfferEntry(absl::string_view offer, v1::CellSums* cell) {
  return Entry(
      cell->mutable_offers(), offer, [](const auto& o) { return absl::string_view(o.offer()); },
      [&](auto* o) { o->set_offer(std::string(offer)); });
}

// Bytes that this module wrote itself: damage is caught where reports are made.
template <typename Fn>
void UpdateSums(absl::string_view metric, v1::CellSums* cell, const Fn& fn) {
  v1::MetricSums* entry = MetricEntry(metric, cell);
  stats::Sums sums;
  if (!entry->sums().empty()) {
    auto decoded = stats::Sums::Decode(entry->sums());
    if (!decoded.ok()) return;
    sums = *decoded;
  }
  fn(sums);
  entry->set_sums(sums.Encode());
}

void Bump(int bucket, absl::string_view reason, int64_t by, v1::CellSums* cell) {
  switch (bucket) {
    case v1::CONTACT_BUCKET_IN_FLIGHT:
      return cell->set_in_flight(cell->in_flight() + by);
    case v1::CONTACT_BUCKET_ACCEPTED:
      return cell->set_accepted(cell->accepted() + by);
    case v1::CONTACT_BUCKET_DELIVERED:
      return cell->set_delivered(cell->delivered() + by);
    case v1::CONTACT_BUCKET_UNDELIVERED:
      return cell->set_undelivered(cell->undelivered() + by);
    case v1::CONTACT_BUCKET_FAILED:
      return cell->set_failed(cell->failed() + by);
    case v1::CONTACT_BUCKET_UNKNOWN:
      return cell->set_unknown(cell->unknown() + by);
    case v1::CONTACT_BUCKET_SUPPRESSED: {
      v1::ReasonCount* entry = ReasonEntry(reason, cell);
      return entry->set_count(entry->count() + by);
    }
    default:
      return;
  }
}

}  // namespace

void CountExposure(const v1::Exposure& exposure, int sign, v1::CellSums* cell) {
  cell->set_customers(cell->customers() + sign);
  cell->set_cost_micros(cell->cost_micros() + sign * exposure.cost_micros());
  cell->set_late_responses(cell->late_responses() + sign * exposure.late());
  if (exposure.window_open()) cell->set_open_windows(cell->open_windows() + sign);
  if (exposure.direct()) cell->set_direct_responses(cell->direct_responses() + sign);
  if (!exposure.offer().empty()) {
    v1::OfferCounts* offer = OfferEntry(exposure.offer(), cell);
    offer->set_contacts(offer->contacts() + sign);
    if (exposure.purchased()) offer->set_purchasers(offer->purchasers() + sign);
  }
  for (const auto& metric : exposure.metrics()) {
    const stats::Observation seen = {metric.value(), metric.responded()};
    UpdateSums(metric.name(), cell,
               [&](stats::Sums& sums) { sign > 0 ? sums.Add(seen) : sums.Remove(seen); });
  }
}

void CountMerged(const v1::Exposure& exposure, int sign, v1::CellSums* cell) {
  CountExposure(exposure, -sign, cell);
  cell->set_cost_micros(cell->cost_micros() + sign * exposure.cost_micros());
  cell->set_merged_units(cell->merged_units() + sign);
  if (exposure.contaminated()) cell->set_contaminated_units(cell->contaminated_units() + sign);
}

void CountMatch(const v1::Exposure& exposure, const MatchResult& result, v1::CellSums* cell) {
  if (!result.relevant) return;
  if (!result.within_window) return cell->set_late_responses(cell->late_responses() + 1);
  for (const MetricChange& change : result.changes) {
    UpdateSums(exposure.metrics(change.metric).name(), cell,
               [&](stats::Sums& sums) { sums.Replace(change.before, change.after); });
  }
  if (result.first_direct) cell->set_direct_responses(cell->direct_responses() + 1);
  if (result.first_purchase && !exposure.offer().empty()) {
    v1::OfferCounts* offer = OfferEntry(exposure.offer(), cell);
    offer->set_purchasers(offer->purchasers() + 1);
  }
}

void MoveBucket(int from_bucket, absl::string_view from_reason, int to_bucket,
                absl::string_view to_reason, v1::CellSums* cell) {
  Bump(from_bucket, from_reason, -1, cell);
  Bump(to_bucket, to_reason, +1, cell);
}

absl::StatusOr<stats::Sums> SumsOf(const v1::CellSums& cell, absl::string_view metric) {
  for (const auto& entry : cell.metrics()) {
    if (entry.name() == metric) return stats::Sums::Decode(entry.sums());
  }
  return stats::Sums();
}

absl::Status MergeCell(const v1::CellSums& from, v1::CellSums* into) {
  into->set_customers(into->customers() + from.customers());
  into->set_open_windows(into->open_windows() + from.open_windows());
  into->set_direct_responses(into->direct_responses() + from.direct_responses());
  into->set_late_responses(into->late_responses() + from.late_responses());
  into->set_cost_micros(into->cost_micros() + from.cost_micros());
  into->set_merged_units(into->merged_units() + from.merged_units());
  into->set_contaminated_units(into->contaminated_units() + from.contaminated_units());
  Bump(v1::CONTACT_BUCKET_IN_FLIGHT, "", from.in_flight(), into);
  Bump(v1::CONTACT_BUCKET_ACCEPTED, "", from.accepted(), into);
  Bump(v1::CONTACT_BUCKET_DELIVERED, "", from.delivered(), into);
  Bump(v1::CONTACT_BUCKET_UNDELIVERED, "", from.undelivered(), into);
  Bump(v1::CONTACT_BUCKET_FAILED, "", from.failed(), into);
  Bump(v1::CONTACT_BUCKET_UNKNOWN, "", from.unknown(), into);
  for (const auto& reason : from.suppressed()) {
    Bump(v1::CONTACT_BUCKET_SUPPRESSED, reason.reason(), reason.count(), into);
  }
  for (const auto& offer : from.offers()) {
    v1::OfferCounts* entry = OfferEntry(offer.offer(), into);
    entry->set_contacts(entry->contacts() + offer.contacts());
    entry->set_purchasers(entry->purchasers() + offer.purchasers());
  }
  for (const auto& metric : from.metrics()) {
    DANGOL_ASSIGN_OR_RETURN(const stats::Sums part, stats::Sums::Decode(metric.sums()));
    UpdateSums(metric.name(), into, [&](stats::Sums& sums) { sums.Merge(part); });
  }
  return absl::OkStatus();
}

}  // namespace dangol::response
