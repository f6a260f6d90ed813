#include "services/segmentation/domain/rfm.h"

#include <algorithm>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "dangol/segmentation/v1/segment.pb.h"
#include "libs/base/calendar.h"
#include "libs/base/status.h"
#include "libs/expr/window.h"

namespace dangol::segmentation {
namespace {

expr::Offset Months(int n) { return {n, expr::TimeUnit::kMonths}; }

void ClassifyRecency(const RfmRules& rules, Micros last, Micros at, absl::TimeZone zone, Rfm* rfm) {
  rfm->r = 1;
  for (size_t i = 0; i < rules.recency_months.size(); ++i) {
    const expr::Offset edge = Months(rules.recency_months[i]);
    rfm->until = std::min(rfm->until, expr::NextCrossing(last, edge, at, zone));
    if (last >= expr::Before(at, edge, zone)) {
      rfm->r = std::max(rfm->r, rules.r_classes() - static_cast<int>(i));
    }
  }
}

void ClassifyFrequency(const RfmRules& rules, Rfm* rfm) {
  rfm->f = 1;
  for (int edge : rules.frequency_days) rfm->f += rfm->days >= edge;
}

// Exact: compares sums, not means.
void ClassifyMonetary(const RfmRules& rules, Rfm* rfm) {
  if (rules.monetary_edges_minor.empty() || rfm->foreign || rfm->orders == 0) return;
  const absl::int128 sum = rfm->sum_minor;
  rfm->m = 1;
  for (size_t i = 0; i < rules.monetary_edges_minor.size(); ++i) {
    const absl::int128 edge = absl::int128(rules.monetary_edges_minor[i]) * rfm->orders;
    rfm->m += i == 0 ? sum > edge : sum >= edge;
  }
}

bool Counts(const RfmRules& rules, const Purchases& purchases, const PurchaseRow& row) {
  return rules.channel.empty() || purchases.ledger->Text(row.channel) == rules.channel;
}

}  // namespace

Rfm ComputeRfm(const RfmRules& rules, const Purchases& purchases, Micros at, absl::TimeZone zone) {
  Rfm rfm;
  rfm.until = purchases.until;
  const PurchaseRow* last = nullptr;
  for (const PurchaseRow& row : purchases.rows) {
    if (Counts(rules, purchases, row)) last = &row;
  }
  if (last == nullptr) return rfm;
  ClassifyRecency(rules, last->time, at, zone, &rfm);

  const Micros from = AddMonths(last->time, -rules.frequency_window_months, zone);
  absl::CivilDay day;
  for (const PurchaseRow& row : purchases.rows) {
    if (row.time <= from || !Counts(rules, purchases, row)) continue;
    const absl::CivilDay this_day = DayOf(row.time, zone);
    rfm.days += rfm.orders == 0 || this_day != day;
    day = this_day;
    ++rfm.orders;
    rfm.sum_minor += row.net;
    rfm.foreign |= row.foreign;
  }
  ClassifyFrequency(rules, &rfm);
  ClassifyMonetary(rules, &rfm);
  return rfm;
}

RfmRules RulesOf(const v1::RfmScheme& scheme) {
  RfmRules rules;
  rules.name = scheme.name();
  rules.business_unit = scheme.business_unit();
  rules.channel = scheme.channel();
  rules.recency_months.assign(scheme.recency_months().begin(), scheme.recency_months().end());
  rules.frequency_window_months = scheme.frequency_window_months();
  rules.frequency_days.assign(scheme.frequency_days().begin(), scheme.frequency_days().end());
  rules.monetary_edges_minor.assign(scheme.monetary_edges_minor().begin(),
                                    scheme.monetary_edges_minor().end());
  rules.currency = scheme.currency();
  rules.version = scheme.version();
  return rules;
}

v1::RfmScheme PresetScheme(absl::string_view business_unit) {
  v1::RfmScheme scheme;
  scheme.set_name(kPresetScheme);
  scheme.set_business_unit(std::string(business_unit));
  for (int months : {2, 3}) scheme.add_recency_months(months);
  scheme.set_frequency_window_months(3);
  for (int days : {2, 3}) scheme.add_frequency_days(days);
  for (int64_t edge : {100'000, 500'000}) scheme.add_monetary_edges_minor(edge);
  scheme.set_currency("KRW");
  return scheme;
}

}  // namespace dangol::segmentation
