#include "services/response/customer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/contact.pb.h"
#include "dangol/event/v1/response.pb.h"
#include "libs/stream/emit.h"
#include "libs/stream/tables.h"
#include "services/response/domain/cell_sums.h"
#include "services/response/domain/match.h"

namespace dangol::response {
namespace {

// Beyond the late window: outcomes still settle, and an outage of this service loses nothing.
constexpr Micros kForgetAfter = 7 * kMicrosPerDay;

v1::ContactBucket BucketOf(const event::v1::ContactEvent& contact) {
  using namespace event::v1;  // NOLINT: the statuses
  switch (contact.status()) {
    case CONTACT_STATUS_ATTEMPTING:
      return v1::CONTACT_BUCKET_IN_FLIGHT;
    case CONTACT_STATUS_ACCEPTED:
      return v1::CONTACT_BUCKET_ACCEPTED;
    case CONTACT_STATUS_DELIVERED:
    case CONTACT_STATUS_ANSWERED:
    case CONTACT_STATUS_NO_ANSWER:
    case CONTACT_STATUS_REFUSED:
      return v1::CONTACT_BUCKET_DELIVERED;
    case CONTACT_STATUS_BOUNCED:
    case CONTACT_STATUS_RETURNED_MAIL:
      return v1::CONTACT_BUCKET_UNDELIVERED;
    case CONTACT_STATUS_FAILED:
      return v1::CONTACT_BUCKET_FAILED;
    case CONTACT_STATUS_UNKNOWN:
      return v1::CONTACT_BUCKET_UNKNOWN;
    case CONTACT_STATUS_SUPPRESSED:
      return v1::CONTACT_BUCKET_SUPPRESSED;
    default:
      return contact.is_holdout_twin() ? v1::CONTACT_BUCKET_HELD_OUT
                                       : v1::CONTACT_BUCKET_UNSPECIFIED;
  }
}

bool InWindow(const v1::SeenActivity& seen, const v1::Exposure& exposure) {
  return seen.occurred_time_us() >= exposure.contact_time_us() &&
         seen.occurred_time_us() < exposure.window_end_us();
}

}  // namespace

std::string SumsPrefix(absl::string_view campaign) { return absl::StrCat(kSums, campaign, "/"); }

std::string ResponsesKey(CustomerId id) { return absl::StrCat("r", EncodeKey(id)); }

Customer::Customer(Place place, const Definitions& definitions, Context& ctx)
    : place_(std::move(place)),
      definitions_(definitions),
      ctx_(ctx),
      record_(LoadRecord<v1::CustomerRecord>(ctx, place_.table, place_.key)) {}

v1::Exposure* Customer::FindExposure(const std::string& contact_id) {
  for (auto& exposure : *record_.mutable_exposures()) {
    if (exposure.contact_id() == contact_id) return &exposure;
  }
  return nullptr;
}

v1::CellSums& Customer::CellOf(const std::string& campaign, const std::string& wave,
                               const std::string& audience, const std::string& cell) {
  const std::string key = absl::StrCat(SumsPrefix(campaign), wave, "/", audience, "/", cell);
  const auto [it, missing] = cells_.try_emplace(key);
  if (missing) {
    it->second = LoadRecord<v1::CellSums>(ctx_, Table::kShared, key);
    it->second.set_wave(wave);
    it->second.set_audience(audience);
    it->second.set_cell(cell);
  }
  return it->second;
}

v1::CellSums& Customer::CellOf(const v1::Exposure& exposure) {
  return CellOf(exposure.campaign(), exposure.wave(), exposure.audience(), exposure.cell());
}

void Customer::OnContact(const event::v1::ContactEvent& contact) {
  const auto* campaign = definitions_.campaign(contact.campaign());
  if (campaign == nullptr) return ctx_.Count("response_unknown_campaign", "", 1);
  const v1::ContactBucket bucket = BucketOf(contact);
  const bool counts = contact.counts_as_contact() ||
                      (contact.is_holdout_twin() && bucket == v1::CONTACT_BUCKET_HELD_OUT);
  v1::Exposure* exposure = FindExposure(contact.contact_id());
  if (exposure == nullptr && !counts) {
    if (bucket != v1::CONTACT_BUCKET_SUPPRESSED && bucket != v1::CONTACT_BUCKET_FAILED) return;
    auto& cell = CellOf(contact.campaign(), contact.wave(), contact.audience(), contact.cell());
    return MoveBucket(0, "", bucket, contact.suppression_reason(), &cell);
  }
  if (exposure == nullptr) {
    const Micros forgotten =
        contact.contact_time_us() + 2 * campaign->response_window_us() + kForgetAfter;
    const bool first = contact.is_holdout_twin() || bucket == v1::CONTACT_BUCKET_IN_FLIGHT;
    if (!first && forgotten <= ctx_.now()) {
      return ctx_.Count("response_outcome_too_late", "", 1);
    }
    exposure = record_.add_exposures();
    exposure->set_withdrawn(true);
    if (place_.id != 0 && contact.customer_id() != place_.id) {
      exposure->set_owner(contact.customer_id());
    }
  }
  changed_ = true;
  if (counts && exposure->withdrawn()) Open(contact, *campaign, exposure);
  if (!counts && !exposure->withdrawn()) Withdraw(exposure);
  SetBucket(exposure, bucket, contact.suppression_reason());
}

void Customer::Open(const event::v1::ContactEvent& contact, const campaign::v1::Campaign& campaign,
                    v1::Exposure* exposure) {
  exposure->set_contact_id(contact.contact_id());
  exposure->set_treatment_code(contact.treatment_code());
  exposure->set_campaign(contact.campaign());
  exposure->set_wave(contact.wave());
  exposure->set_audience(contact.audience());
  exposure->set_cell(contact.cell());
  exposure->set_offer(contact.offer());
  exposure->set_is_holdout_twin(contact.is_holdout_twin());
  exposure->set_contact_time_us(contact.contact_time_us());
  exposure->set_window_end_us(contact.contact_time_us() + campaign.response_window_us());
  exposure->set_keep_until_us(exposure->window_end_us() + campaign.response_window_us());
  exposure->set_forget_time_us(exposure->keep_until_us() + kForgetAfter);
  exposure->set_withdrawn(false);
  exposure->set_window_open(exposure->window_end_us() > ctx_.now());
  if (!contact.is_holdout_twin()) {
    exposure->set_cost_micros(contact.channel_cost_micros() + contact.offer_cost_micros());
  }
  StartMetrics(campaign, exposure);
  CountExposure(*exposure, +1, &CellOf(*exposure));
  ResolveDoubles();
  for (auto& seen : *record_.mutable_recent()) {
    if (seen.business_unit() != campaign.business_unit()) continue;
    std::string credit;
    const bool can_claim = !exposure->is_holdout_twin() && !exposure->merged();
    if (!seen.credited() && can_claim && InWindow(seen, *exposure)) {
      credit = exposure->contact_id();
      seen.set_credited(true);
    }
    Apply(seen, credit, exposure);
  }
}

void Customer::Withdraw(v1::Exposure* exposure) {
  SetMerged(exposure, false, false);
  CountExposure(*exposure, -1, &CellOf(*exposure));
  exposure->set_withdrawn(true);
  exposure->set_window_open(false);
  exposure->set_purchased(false);
  exposure->set_direct(false);
  exposure->set_late(0);
  exposure->set_cost_micros(0);
  exposure->clear_metrics();
  exposure->clear_orders();
  exposure->clear_returns();
  ResolveDoubles();
}

void Customer::SetBucket(v1::Exposure* exposure, v1::ContactBucket bucket,
                         const std::string& reason) {
  if (bucket == v1::CONTACT_BUCKET_UNSPECIFIED) return;
  MoveBucket(exposure->bucket(), exposure->suppression_reason(), bucket, reason,
             &CellOf(*exposure));
  exposure->set_bucket(bucket);
  exposure->set_suppression_reason(reason);
}

void Customer::OnActivity(v1::SeenActivity seen, Micros at) {
  const std::string credit = LastTouch(seen);
  seen.set_credited(!credit.empty());
  for (auto& exposure : *record_.mutable_exposures()) {
    if (exposure.withdrawn() || exposure.keep_until_us() <= at) continue;
    Apply(seen, credit, &exposure);
  }
  Remember(std::move(seen), at);
}

void Customer::Apply(const v1::SeenActivity& seen, const std::string& credit,
                     v1::Exposure* exposure) {
  const auto* campaign = definitions_.campaign(exposure->campaign());
  if (campaign == nullptr || campaign->business_unit() != seen.business_unit()) return;
  const std::string& currency = definitions_.CurrencyOf(campaign->business_unit());
  const MatchResult result = ApplyActivity(*campaign, currency, seen, exposure);
  changed_ = true;
  if (result.foreign_currency) ctx_.Count("response_foreign_currency", seen.currency(), 1);
  if (!result.relevant || exposure->merged()) return;
  CountMatch(*exposure, result, &CellOf(*exposure));
  const bool tell = result.first_purchase && !exposure->first_purchase_told();
  if (tell) exposure->set_first_purchase_told(true);
  Emit(seen, result, seen.kind() == "purchase" && credit == exposure->contact_id(), *exposure,
       tell);
}

void Customer::Emit(const v1::SeenActivity& seen, const MatchResult& result, bool credited,
                    const v1::Exposure& exposure, bool first_purchase) {
  event::v1::ResponseEvent response;
  response.set_customer_id(place_.id);
  response.set_contact_id(exposure.contact_id());
  response.set_treatment_code(exposure.treatment_code());
  response.set_campaign(exposure.campaign());
  response.set_wave(exposure.wave());
  response.set_cell(exposure.cell());
  response.set_is_holdout_twin(exposure.is_holdout_twin());
  response.set_offer(exposure.offer());
  response.set_activity_kind(seen.kind());
  response.set_message_id(seen.message_id());
  response.set_occurred_time_us(seen.occurred_time_us());
  response.set_direct(result.direct);
  response.set_within_window(result.within_window);
  response.set_first_purchase(first_purchase);
  response.set_value_minor(seen.kind() == "return" ? -seen.net_minor() : seen.net_minor());
  response.set_credited(credited && result.within_window);
  EmitToCustomer(ctx_, Topic::kResponse, place_.id, response);

  auto kept = LoadRecord<v1::CustomerResponses>(ctx_, Table::kIndex, ResponsesKey(place_.id));
  *kept.add_responses() = std::move(response);
  const int surplus = kept.responses_size() - kResponsesKept;
  if (surplus > 0) kept.mutable_responses()->DeleteSubrange(0, surplus);
  StoreRecord(ctx_, Table::kIndex, ResponsesKey(place_.id), kept);
}

std::string Customer::LastTouch(const v1::SeenActivity& seen) const {
  if (seen.kind() != "purchase") return "";
  const v1::Exposure* last = nullptr;
  for (const auto& exposure : record_.exposures()) {
    if (exposure.withdrawn() || exposure.merged() || exposure.is_holdout_twin()) continue;
    if (!InWindow(seen, exposure)) continue;
    const auto* campaign = definitions_.campaign(exposure.campaign());
    if (campaign == nullptr || campaign->business_unit() != seen.business_unit()) continue;
    if (last == nullptr || std::pair(exposure.contact_time_us(), exposure.contact_id()) >
                               std::pair(last->contact_time_us(), last->contact_id())) {
      last = &exposure;
    }
  }
  return last == nullptr ? "" : last->contact_id();
}

void Customer::Remember(v1::SeenActivity seen, Micros at) {
  auto* recent = record_.mutable_recent();
  const auto forgotten = [&](const v1::SeenActivity& old) {
    return old.occurred_time_us() < at - definitions_.KeepFor(old.business_unit());
  };
  const int before = recent->size();
  recent->erase(std::remove_if(recent->begin(), recent->end(), forgotten), recent->end());
  if (!forgotten(seen)) {
    if (recent->size() >= kRecentMax) {
      recent->erase(recent->begin());
      ctx_.Count("response_recent_dropped", "", 1);
    }
    *recent->Add() = std::move(seen);
  } else if (recent->size() == before) {
    return;
  }
  changed_ = true;
}

void Customer::OnTimer() {
  auto* exposures = record_.mutable_exposures();
  for (auto& exposure : *exposures) {
    if (!exposure.window_open() || exposure.window_end_us() > ctx_.now()) continue;
    exposure.set_window_open(false);
    if (exposure.merged()) continue;
    v1::CellSums& cell = CellOf(exposure);
    cell.set_open_windows(cell.open_windows() - 1);
  }
  exposures->erase(std::remove_if(exposures->begin(), exposures->end(),
                                  [&](const auto& e) { return e.forget_time_us() <= ctx_.now(); }),
                   exposures->end());
  changed_ = true;
}

void Customer::Save() {
  for (const auto& [key, cell] : cells_) StoreRecord(ctx_, Table::kShared, key, cell);
  if (!changed_) return;
  if (record_.exposures().empty() && record_.recent().empty()) {
    ctx_.Delete(place_.table, place_.key);
  } else {
    StoreRecord(ctx_, place_.table, place_.key, record_);
  }
  SetNextTimer();
}

void Customer::SetNextTimer() {
  Micros next = kNever;
  for (const auto& exposure : record_.exposures()) {
    next = std::min<Micros>(
        next, exposure.window_open() ? exposure.window_end_us() : exposure.forget_time_us());
  }
  if (next != kNever) ctx_.SetTimer({place_.timer, place_.subject, next, ""});
}

}  // namespace dangol::response
