#include "services/response/domain/report.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "dangol/campaign/v1/campaign.pb.h"
#include "dangol/response/v1/response_service.pb.h"
#include "dangol/response/v1/state.pb.h"
#include "libs/base/status.h"
#include "libs/stats/economics.h"
#include "libs/stats/lift.h"
#include "libs/stats/sample_ratio.h"
#include "services/response/domain/cell_sums.h"

namespace dangol::response {
namespace {

constexpr double kBasisPoints = 10'000;
constexpr double kMicros = 1e6;

// A cell of one audience: as defined, with everything measured of it.
struct CellData {
  std::string name;
  bool is_control = false;
  double share = 0;  // expected, a weight
  v1::CellSums sums;
};

struct AudienceData {
  std::string name;
  std::vector<CellData> cells;
};

std::string MeasureName(campaign::v1::MetricMeasure measure) {
  return std::string(
      absl::StripPrefix(campaign::v1::MetricMeasure_Name(measure), "METRIC_MEASURE_"));
}

double ExpectedShare(const campaign::v1::Campaign& campaign, const campaign::v1::Cell& cell) {
  if (!campaign.assignment().has_list()) return cell.share_bp();
  const auto& counts = campaign.assignment().list().expected_counts();
  // A list that promises no counts promises the cells' shares. (Definitions that were accepted
  // without either: equal ones.)
  if (counts.empty()) return cell.share_bp() > 0 ? cell.share_bp() : 1;
  const auto it = counts.find(cell.name());
  return it == counts.end() ? 0 : static_cast<double>(it->second);
}

AudienceData* FindAudience(const std::string& name, std::vector<AudienceData>* audiences) {
  for (auto& audience : *audiences) {
    if (audience.name == name) return &audience;
  }
  return &audiences->emplace_back(AudienceData{name, {}});
}

CellData* FindCell(const std::string& name, AudienceData* audience) {
  for (auto& cell : audience->cells) {
    if (cell.name == name) return &cell;
  }
  return &audience->cells.emplace_back(CellData{name, false, 0, {}});
}

// The definition's cells, with the sums of the wave asked for (or of all).
absl::StatusOr<std::vector<AudienceData>> Gather(const campaign::v1::Campaign& campaign,
                                                 const Cells& cells, const std::string& wave) {
  std::vector<AudienceData> audiences;
  for (const auto& defined : campaign.audiences()) {
    AudienceData& audience = audiences.emplace_back(AudienceData{defined.name(), {}});
    for (const auto& cell : defined.cells()) {
      audience.cells.push_back({cell.name(), cell.is_control(), ExpectedShare(campaign, cell), {}});
    }
  }
  for (const auto& [key, sums] : cells) {
    const auto& [cell_wave, audience_name, cell_name] = key;
    if (!wave.empty() && cell_wave != wave) continue;
    CellData* cell = FindCell(cell_name, FindAudience(audience_name, &audiences));
    DANGOL_RETURN_IF_ERROR(MergeCell(sums, &cell->sums));
  }
  return audiences;
}

absl::Status CheckWave(const campaign::v1::Campaign& campaign, const Cells& cells,
                       const std::string& wave) {
  if (wave.empty()) return absl::OkStatus();
  for (const auto& known : campaign.trigger().batch().waves()) {
    if (known.name() == wave) return absl::OkStatus();
  }
  for (const auto& [key, sums] : cells) {
    if (std::get<0>(key) == wave) return absl::OkStatus();
  }
  if (!campaign.trigger().has_batch() && wave == "trigger") return absl::OkStatus();
  return NotFound("wave", absl::StrCat(campaign.name(), "/", wave));
}

absl::Status CheckBaseline(const std::vector<AudienceData>& audiences, const std::string& name) {
  if (name.empty()) return absl::OkStatus();
  for (const auto& audience : audiences) {
    for (const auto& cell : audience.cells) {
      if (cell.name == name) return absl::OkStatus();
    }
  }
  return NotFound("cell", name);
}

bool IsShare(const campaign::v1::Metric& metric) {
  return metric.measure() == campaign::v1::METRIC_MEASURE_SHARE;
}

v1::MetricValue ValueOf(const campaign::v1::Metric& metric, const stats::Sums& sums) {
  v1::MetricValue value;
  value.set_metric(metric.name());
  value.set_measure(MeasureName(metric.measure()));
  value.set_customers(sums.n);
  value.set_responders(sums.responders);
  value.set_sum(stats::Decimal(sums.sum));
  if (IsShare(metric)) {
    const double rate = sums.response_rate();
    value.set_mean(rate);
    if (sums.n > 0) {
      value.set_standard_error(std::sqrt(rate * (1 - rate) / static_cast<double>(sums.n)));
    }
  } else {
    value.set_mean(sums.mean());
    value.set_standard_error(sums.standard_error());
  }
  return value;
}

absl::StatusOr<v1::CellReport> ReportCell(const campaign::v1::Campaign& campaign,
                                          const CellData& cell) {
  const v1::CellSums& sums = cell.sums;
  v1::CellReport report;
  report.set_cell(cell.name);
  report.set_is_control(cell.is_control);
  report.set_customers(sums.customers());
  for (const auto& reason : sums.suppressed()) {
    if (reason.count() == 0) continue;  // moved on: suppressed while it waited to be tried again
    report.set_suppressed(report.suppressed() + reason.count());
    (*report.mutable_suppressed_by_reason())[reason.reason()] = reason.count();
  }
  report.set_in_flight(sums.in_flight());
  report.set_sent(sums.accepted() + sums.delivered() + sums.undelivered());
  report.set_delivered(sums.delivered());
  report.set_undelivered(sums.undelivered());
  report.set_failed(sums.failed());
  report.set_unknown(sums.unknown());
  report.set_direct_responses(sums.direct_responses());
  report.set_late_responses(sums.late_responses());
  report.set_recorded_cost_micros(sums.cost_micros());
  report.set_merged_units(sums.merged_units());
  report.set_contaminated_units(sums.contaminated_units());
  for (const auto& metric : campaign.metrics()) {
    DANGOL_ASSIGN_OR_RETURN(const stats::Sums exact, SumsOf(sums, metric.name()));
    *report.add_metrics() = ValueOf(metric, exact);
  }
  return report;
}

v1::SampleRatio RatioOf(const AudienceData& audience) {
  std::vector<int64_t> observed;
  std::vector<double> shares;
  for (const auto& cell : audience.cells) {
    observed.push_back(cell.sums.customers());
    shares.push_back(cell.share);
  }
  const stats::SampleRatio check = stats::CheckSampleRatio(observed, shares);
  v1::SampleRatio ratio;
  ratio.set_chi_square(check.chi_square);
  ratio.set_degrees_of_freedom(check.degrees_of_freedom);
  ratio.set_p_value(check.p_value);
  ratio.set_mismatch(check.mismatch);
  return ratio;
}

const CellData* BaselineOf(const AudienceData& audience, const std::string& wanted) {
  const CellData* control = nullptr;
  for (const auto& cell : audience.cells) {
    if (!wanted.empty() && cell.name == wanted) return &cell;
    if (cell.is_control && control == nullptr) control = &cell;
  }
  return control;
}

v1::Lift LiftOf(const campaign::v1::Metric& metric, const stats::Lift& lift) {
  v1::Lift out;
  out.set_metric(metric.name());
  out.set_measure(MeasureName(metric.measure()));
  out.set_treated_mean(lift.treated);
  out.set_baseline_mean(lift.baseline);
  out.set_difference(lift.difference);
  out.set_standard_error(lift.standard_error);
  out.set_low(lift.interval.low);
  out.set_high(lift.interval.high);
  out.set_p_value(lift.p_value);
  if (lift.relative.has_value()) out.set_relative(*lift.relative);
  out.set_defined(lift.defined);
  return out;
}

double CostPerContact(const v1::ReportAssumptions& assumptions, const v1::CellSums& sums) {
  if (assumptions.has_cost_per_contact_micros()) {
    return static_cast<double>(assumptions.cost_per_contact_micros()) / kMicros;
  }
  if (sums.customers() == 0) return 0;
  return static_cast<double>(sums.cost_micros()) / kMicros / static_cast<double>(sums.customers());
}

void AddEconomics(const v1::ReportAssumptions& assumptions, const stats::Lift& spend,
                  const v1::CellSums& treated, v1::Comparison* comparison) {
  const stats::Economics economics = stats::EconomicsOf(
      spend, treated.customers(),
      {assumptions.margin_bp() / kBasisPoints, CostPerContact(assumptions, treated)});
  if (!economics.measured) return;
  v1::Economics* out = comparison->mutable_economics();
  out->set_contribution_per_head(economics.contribution_per_head);
  out->set_low(economics.interval.low);
  out->set_high(economics.interval.high);
  out->set_incremental_contribution(economics.incremental_contribution);
  out->set_cost(economics.cost);
  if (economics.roi.has_value()) out->set_roi(*economics.roi);
  out->set_gross_rule_go(economics.gross_rule_go);
  out->set_incremental_rule_go(economics.incremental_rule_go);
  out->set_rules_disagree(economics.rules_disagree);
}

absl::StatusOr<v1::Comparison> Compare(const campaign::v1::Campaign& campaign,
                                       const CellData& treated, const CellData& baseline,
                                       const v1::ReportAssumptions& assumptions,
                                       double confidence) {
  v1::Comparison comparison;
  comparison.set_cell(treated.name);
  comparison.set_baseline_cell(baseline.name);
  bool economics = assumptions.margin_bp() > 0 && baseline.is_control;
  for (const auto& metric : campaign.metrics()) {
    DANGOL_ASSIGN_OR_RETURN(const stats::Sums t, SumsOf(treated.sums, metric.name()));
    DANGOL_ASSIGN_OR_RETURN(const stats::Sums b, SumsOf(baseline.sums, metric.name()));
    const stats::Lift lift = IsShare(metric)
                                 ? stats::RateLift(t.responders, t.n, b.responders, b.n, confidence)
                                 : stats::MeanLift(t, b, 1, confidence);
    *comparison.add_lifts() = LiftOf(metric, lift);
    if (economics && metric.measure() == campaign::v1::METRIC_MEASURE_SUM) {
      AddEconomics(assumptions, lift, treated.sums, &comparison);
      economics = false;  // the first SUM metric counts
    }
  }
  return comparison;
}

void AddOffers(const std::string& audience, const CellData& cell, v1::Report* report) {
  for (const auto& counts : cell.sums.offers()) {
    if (counts.contacts() == 0) continue;
    v1::OfferReport* offer = report->add_offers();
    offer->set_audience(audience);
    offer->set_cell(cell.name);
    offer->set_offer(counts.offer());
    offer->set_contacts(counts.contacts());
    offer->set_purchasers(counts.purchasers());
  }
}

absl::Status AddAudience(const campaign::v1::Campaign& campaign, const AudienceData& audience,
                         const v1::GetReportRequest& request, double confidence,
                         v1::Report* report) {
  v1::AudienceReport* out = report->add_audiences();
  out->set_audience(audience.name);
  *out->mutable_sample_ratio() = RatioOf(audience);
  const CellData* baseline = BaselineOf(audience, request.baseline_cell());
  for (const auto& cell : audience.cells) {
    DANGOL_ASSIGN_OR_RETURN(*out->add_cells(), ReportCell(campaign, cell));
    AddOffers(audience.name, cell, report);
    report->set_open_windows(report->open_windows() + cell.sums.open_windows());
    report->set_customers_measured(report->customers_measured() + cell.sums.customers());
    if (baseline == nullptr || &cell == baseline) continue;
    DANGOL_ASSIGN_OR_RETURN(*out->add_comparisons(),
                            Compare(campaign, cell, *baseline, request.assumptions(), confidence));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckReportRequest(const v1::GetReportRequest& request) {
  const double confidence = request.confidence();
  if (!(confidence >= 0 && confidence < 1)) {
    return BadField("confidence", absl::StrCat(confidence), "is not a confidence",
                    "give a number between 0 and 1, such as 0.95");
  }
  const auto& assumptions = request.assumptions();
  if (assumptions.margin_bp() < 0 || assumptions.margin_bp() > kBasisPoints) {
    return BadField("assumptions.margin_bp", absl::StrCat(assumptions.margin_bp()),
                    "is not a margin", "give basis points from 0 to 10000; 40 % is 4000");
  }
  if (assumptions.cost_per_contact_micros() < 0) {
    return BadField("assumptions.cost_per_contact_micros",
                    absl::StrCat(assumptions.cost_per_contact_micros()), "is negative",
                    "give millionths of a minor unit, or leave it out for the recorded cost");
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::Report> BuildReport(const campaign::v1::Campaign& campaign,
                                       const std::string& currency, const Cells& cells,
                                       const v1::GetReportRequest& request, Micros now) {
  DANGOL_RETURN_IF_ERROR(CheckWave(campaign, cells, request.wave()));
  DANGOL_ASSIGN_OR_RETURN(const auto audiences, Gather(campaign, cells, request.wave()));
  DANGOL_RETURN_IF_ERROR(CheckBaseline(audiences, request.baseline_cell()));
  const double confidence =
      request.confidence() == 0 ? stats::kDefaultConfidence : request.confidence();

  v1::Report report;
  report.set_campaign(campaign.name());
  report.set_display_name(campaign.display_name());
  report.set_objective(campaign.objective());
  report.set_wave(request.wave());
  report.set_business_unit(campaign.business_unit());
  report.set_currency(currency);
  report.set_confidence(confidence);
  report.set_response_window_us(campaign.response_window_us());
  report.set_state(std::string(
      absl::StripPrefix(campaign::v1::CampaignState_Name(campaign.state()), "CAMPAIGN_STATE_")));
  report.set_as_of_time_us(now);
  *report.mutable_assumptions() = request.assumptions();
  for (const auto& audience : audiences) {
    DANGOL_RETURN_IF_ERROR(AddAudience(campaign, audience, request, confidence, &report));
  }
  for (const auto& metric : campaign.metrics()) {
    stats::Sums all;
    for (const auto& audience : audiences) {
      for (const auto& cell : audience.cells) {
        DANGOL_ASSIGN_OR_RETURN(const stats::Sums part, SumsOf(cell.sums, metric.name()));
        all.Merge(part);
      }
    }
    *report.add_overall() = ValueOf(metric, all);
  }
  return report;
}

}  // namespace dangol::response
