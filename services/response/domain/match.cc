#include "services/response/domain/match.h"

#include <algorithm>
#include <map>

#include "dangol/campaign/v1/campaign.pb.h"
#include "dangol/event/v1/activity.pb.h"
#include "dangol/response/v1/state.pb.h"
#include "libs/base/hash.h"

namespace dangol::response {
namespace {

constexpr absl::string_view kPurchase = "purchase";
constexpr absl::string_view kReturn = "return";
constexpr int kMetricBits = 64;  // of CountedOrder.metrics

uint64_t OrderHash(const std::string& id) { return id.empty() ? 0 : Hash64(id) | 1; }

void KeepKind(const event::v1::Activity& activity, v1::SeenActivity* seen) {
  switch (activity.kind_case()) {
    case event::v1::Activity::kPurchase:
      seen->set_kind(std::string(kPurchase));
      seen->set_net_minor(activity.purchase().net_minor());
      seen->set_currency(activity.purchase().currency());
      seen->set_order(OrderHash(activity.external_id().empty() ? activity.message_id()
                                                               : activity.external_id()));
      break;
    case event::v1::Activity::kReturn:
      seen->set_kind(std::string(kReturn));
      seen->set_net_minor(activity.return_().net_minor());
      seen->set_currency(activity.return_().currency());
      seen->set_order(OrderHash(activity.return_().order_id()));
      break;
    case event::v1::Activity::kVisit:
      seen->set_kind("visit");
      break;
    case event::v1::Activity::kWebEvent: {
      seen->set_kind(activity.web_event().event());
      const auto& map = activity.web_event().properties();
      for (const auto& [name, value] : std::map<std::string, std::string>(map.begin(), map.end())) {
        auto* property = seen->add_properties();
        property->set_name(name);
        property->set_value(value);
      }
      break;
    }
    default:
      break;
  }
}

// Text of a field or property; nullptr where the activity lacks the property.
const std::string* Field(const v1::SeenActivity& seen, const std::string& name) {
  if (name == "store") return &seen.store();
  if (name == "channel") return &seen.channel();
  if (name == "source") return &seen.source();
  if (name == "treatment_code") return &seen.treatment_code();
  for (const auto& property : seen.properties()) {
    if (property.name() == name) return &property.value();
  }
  return nullptr;
}

bool IsDirect(const v1::SeenActivity& seen, const v1::Exposure& exposure) {
  if (exposure.is_holdout_twin()) return false;  // it was given nothing to answer to
  if (!seen.contact_id().empty()) return seen.contact_id() == exposure.contact_id();
  return !seen.treatment_code().empty() && seen.treatment_code() == exposure.treatment_code();
}

const campaign::v1::Metric* MetricOf(const campaign::v1::Campaign& campaign,
                                     const std::string& name) {
  for (const auto& metric : campaign.metrics()) {
    if (metric.name() == name) return &metric;
  }
  return nullptr;
}

void Change(v1::Exposure* exposure, int i, int64_t value, bool responded, MatchResult* result) {
  auto* metric = exposure->mutable_metrics(i);
  const stats::Observation before = {metric->value(), metric->responded()};
  metric->set_value(value);
  metric->set_responded(responded);
  result->changes.push_back({i, before, {value, responded}});
}

// The returns of this order that came before it.
int64_t TakeWaitingReturns(uint64_t order, v1::Exposure* exposure) {
  int64_t total = 0;
  auto* waiting = exposure->mutable_returns();
  for (int i = waiting->size() - 1; i >= 0; --i) {
    if (waiting->Get(i).order() != order) continue;
    total += waiting->Get(i).net_minor();
    waiting->erase(waiting->begin() + i);
  }
  return total;
}

void ApplyToMetrics(const campaign::v1::Campaign& campaign, absl::string_view currency,
                    const v1::SeenActivity& seen, v1::Exposure* exposure, MatchResult* result) {
  const bool foreign = !seen.currency().empty() && !currency.empty() && seen.currency() != currency;
  uint64_t summed = 0;
  for (int i = 0; i < exposure->metrics_size(); ++i) {
    const auto& state = exposure->metrics(i);
    const auto* metric = MetricOf(campaign, state.name());
    if (metric == nullptr || !Matches(*metric, seen)) continue;
    result->relevant = true;
    switch (metric->measure()) {
      case campaign::v1::METRIC_MEASURE_SHARE:
        if (!state.responded()) Change(exposure, i, 1, true, result);
        break;
      case campaign::v1::METRIC_MEASURE_COUNT:
        Change(exposure, i, state.value() + 1, true, result);
        break;
      case campaign::v1::METRIC_MEASURE_SUM:
        if (foreign) {
          result->foreign_currency = true;
          break;
        }
        Change(exposure, i, state.value() + seen.net_minor(), true, result);
        if (i < kMetricBits) summed |= uint64_t{1} << i;
        break;
      default:
        break;
    }
  }
  if (seen.kind() != kPurchase || summed == 0) return;
  auto* order = exposure->add_orders();
  order->set_order(seen.order());
  order->set_metrics(summed);
  const int64_t returned = TakeWaitingReturns(seen.order(), exposure);
  if (returned == 0) return;
  for (MetricChange& change : result->changes) {
    if (change.metric >= kMetricBits || (summed >> change.metric & 1) == 0) continue;
    change.after.value -= returned;
    exposure->mutable_metrics(change.metric)->set_value(change.after.value);
  }
}

// Comes off where its order went in; waits for the order when that has not been seen yet.
void ApplyReturn(absl::string_view currency, const v1::SeenActivity& seen, v1::Exposure* exposure,
                 MatchResult* result) {
  if (seen.order() == 0) return;  // of no order that could be known
  if (!seen.currency().empty() && !currency.empty() && seen.currency() != currency) {
    result->foreign_currency = true;
    return;
  }
  const auto& orders = exposure->orders();
  const auto order = std::find_if(orders.begin(), orders.end(),
                                  [&](const auto& o) { return o.order() == seen.order(); });
  if (order == orders.end()) {
    auto* waiting = exposure->add_returns();
    waiting->set_order(seen.order());
    waiting->set_net_minor(seen.net_minor());
    return;
  }
  result->relevant = true;
  for (int i = 0; i < exposure->metrics_size() && i < kMetricBits; ++i) {
    if ((order->metrics() >> i & 1) == 0) continue;
    const auto& state = exposure->metrics(i);
    Change(exposure, i, state.value() - seen.net_minor(), state.responded(), result);
  }
}

bool MatchesAny(const campaign::v1::Campaign& campaign, const v1::SeenActivity& seen) {
  return std::any_of(campaign.metrics().begin(), campaign.metrics().end(),
                     [&](const auto& metric) { return Matches(metric, seen); });
}

}  // namespace

v1::SeenActivity SeenOf(const event::v1::Activity& activity) {
  v1::SeenActivity seen;
  seen.set_message_id(activity.message_id());
  seen.set_business_unit(activity.business_unit());
  seen.set_occurred_time_us(activity.occurred_time_us());
  seen.set_store(activity.store());
  seen.set_channel(activity.channel());
  seen.set_source(activity.source());
  seen.set_treatment_code(activity.treatment_code());
  seen.set_contact_id(activity.contact_id());
  KeepKind(activity, &seen);
  return seen;
}

bool Matches(const campaign::v1::Metric& metric, const v1::SeenActivity& seen) {
  if (metric.activity_kind() != seen.kind()) return false;
  return std::all_of(metric.where().begin(), metric.where().end(), [&](const auto& condition) {
    const std::string* value = Field(seen, condition.first);
    return value != nullptr && *value == condition.second;
  });
}

void StartMetrics(const campaign::v1::Campaign& campaign, v1::Exposure* exposure) {
  exposure->clear_metrics();
  exposure->clear_orders();
  exposure->clear_returns();
  for (const auto& metric : campaign.metrics()) {
    exposure->add_metrics()->set_name(metric.name());
  }
}

MatchResult ApplyActivity(const campaign::v1::Campaign& campaign, absl::string_view currency,
                          const v1::SeenActivity& seen, v1::Exposure* exposure) {
  MatchResult result;
  const int64_t at = seen.occurred_time_us();
  if (at < exposure->contact_time_us() || at >= exposure->keep_until_us()) return result;
  result.direct = IsDirect(seen, *exposure);
  result.within_window = at < exposure->window_end_us();
  const bool purchase = seen.kind() == kPurchase;
  if (!result.within_window) {
    result.relevant = purchase || result.direct || MatchesAny(campaign, seen);
    if (result.relevant) exposure->set_late(exposure->late() + 1);
    return result;
  }
  if (seen.kind() == kReturn) {
    ApplyReturn(currency, seen, exposure, &result);
  } else {
    ApplyToMetrics(campaign, currency, seen, exposure, &result);
  }
  result.relevant |= purchase || result.direct;
  if (purchase && !exposure->purchased()) {
    exposure->set_purchased(true);
    result.first_purchase = true;
  }
  if (result.direct && !exposure->direct()) {
    exposure->set_direct(true);
    result.first_direct = true;
  }
  return result;
}

}  // namespace dangol::response
