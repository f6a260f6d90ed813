#include "tools/dangol/report_text.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "dangol/response/v1/response_service.pb.h"
#include "libs/base/calendar.h"
#include "libs/base/status.h"
#include "libs/config/currency.h"
#include "tools/dangol/text.h"

namespace dangol::cli {
namespace {

constexpr int kMicroDecimals = 6;

// Values of a metric: shares as per cent, sums in currency units, counts as they are.
class Unit {
 public:
  explicit Unit(absl::string_view currency)
      : scale_(std::pow(10, config::CurrencyExponent(currency).value_or(0))), currency_(currency) {}
  std::string Value(absl::string_view measure, double value) const {
    if (measure == "SHARE") return Percent(value);
    if (measure == "SUM") return Amount(value);
    return absl::StrFormat("%.4f", value);
  }
  std::string Amount(double minor) const {
    return absl::StrFormat("%.4f %s", minor / scale_, currency_);
  }

 private:
  double scale_;
  std::string currency_;
};

void AddCells(const response::v1::AudienceReport& audience, const Unit& unit, std::string* out) {
  Table table({"CELL", "CUSTOMERS", "SENT", "SUPPRESSED", "METRIC", "MEAN", "RESPONDERS"});
  for (const auto& cell : audience.cells()) {
    const std::string name = absl::StrCat(cell.cell(), cell.is_control() ? " (control)" : "");
    for (int i = 0; i < cell.metrics_size(); ++i) {
      const auto& metric = cell.metrics(i);
      const bool first = i == 0;
      table.Add({first ? name : "", first ? Thousands(cell.customers()) : "",
                 first ? Thousands(cell.sent()) : "", first ? Thousands(cell.suppressed()) : "",
                 metric.metric(), unit.Value(metric.measure(), metric.mean()),
                 Thousands(metric.responders())});
    }
  }
  absl::StrAppend(out, table.ToString());
}

void AddLifts(const response::v1::AudienceReport& audience, const Unit& unit, std::string* out) {
  Table table({"AGAINST", "METRIC", "DIFFERENCE", "FROM", "TO", "RELATIVE", "P"});
  for (const auto& comparison : audience.comparisons()) {
    for (const auto& lift : comparison.lifts()) {
      const std::string pair = absl::StrCat(comparison.cell(), " : ", comparison.baseline_cell());
      if (!lift.defined()) {
        table.Add({pair, lift.metric(), "too few customers to say"});
        continue;
      }
      table.Add({pair, lift.metric(), unit.Value(lift.measure(), lift.difference()),
                 unit.Value(lift.measure(), lift.low()), unit.Value(lift.measure(), lift.high()),
                 lift.has_relative() ? Percent(lift.relative()) : "-",
                 absl::StrFormat("%.4g", lift.p_value())});
    }
  }
  absl::StrAppend(out, table.ToString());
}

void AddEconomics(const response::v1::AudienceReport& audience, const Unit& unit,
                  std::string* out) {
  for (const auto& comparison : audience.comparisons()) {
    if (!comparison.has_economics()) continue;
    const auto& e = comparison.economics();
    absl::StrAppend(out, comparison.cell(), ": contribution a head ",
                    unit.Amount(e.contribution_per_head()), " (", unit.Amount(e.low()), " to ",
                    unit.Amount(e.high()), "), in all ", unit.Amount(e.incremental_contribution()),
                    ", cost ", unit.Amount(e.cost()));
    if (e.has_roi()) absl::StrAppend(out, ", ROI ", absl::StrFormat("%.2f", e.roi()));
    absl::StrAppend(out, "\n  by gross response: ", e.gross_rule_go() ? "go" : "stop",
                    "; by increment: ", e.incremental_rule_go() ? "go" : "stop",
                    e.rules_disagree() ? "; THE RULES DISAGREE" : "", "\n");
  }
}

void AddMerged(const response::v1::AudienceReport& audience, std::string* out) {
  int64_t merged = 0, contaminated = 0;
  for (const auto& cell : audience.cells()) {
    merged += cell.merged_units();
    contaminated += cell.contaminated_units();
  }
  if (merged == 0) return;
  absl::StrAppend(out, "left out: ", Thousands(merged),
                  " contacts of people measured under another ", "customer id, ",
                  Thousands(contaminated), " of them between cells\n");
}

void AddSampleRatio(const response::v1::SampleRatio& ratio, std::string* out) {
  if (ratio.degrees_of_freedom() == 0) return;
  absl::StrAppend(out, "sample ratio: chi-square ",
                  absl::StrFormat("%.4f, %d df, p = %.4f", ratio.chi_square(),
                                  ratio.degrees_of_freedom(), ratio.p_value()),
                  ratio.mismatch() ? "  MISMATCH: do not trust the comparison\n" : "  ok\n");
}

}  // namespace

std::string ReportText(const response::v1::Report& report) {
  const Unit unit(report.currency());
  std::string out =
      absl::StrCat(report.display_name().empty() ? report.campaign() : report.display_name(), " (",
                   report.state(), report.wave().empty() ? "" : ", wave ", report.wave(), ")\n",
                   report.objective(), report.objective().empty() ? "" : "\n",
                   Thousands(report.customers_measured()), " customers measured over ",
                   FormatDuration(report.response_window_us()), ", as of ",
                   TimeText(report.as_of_time_us()), "\n");
  if (report.open_windows() > 0) {
    absl::StrAppend(&out, "NOT FINAL: the window of ", Thousands(report.open_windows()),
                    " contacts is still open\n");
  }
  for (const auto& audience : report.audiences()) {
    absl::StrAppend(&out, "\naudience ", audience.audience(), "\n");
    AddCells(audience, unit, &out);
    AddSampleRatio(audience.sample_ratio(), &out);
    AddMerged(audience, &out);
    absl::StrAppend(&out, "\nlift, ", absl::StrFormat("%g", 100 * report.confidence()),
                    " % interval\n");
    AddLifts(audience, unit, &out);
    AddEconomics(audience, unit, &out);
  }
  if (report.offers_size() > 0) {
    Table table({"CELL", "OFFER", "CONTACTS", "PURCHASERS"});
    for (const auto& offer : report.offers()) {
      table.Add({offer.cell(), offer.offer(), Thousands(offer.contacts()),
                 Thousands(offer.purchasers())});
    }
    absl::StrAppend(&out, "\n", table.ToString());
  }
  return out;
}

absl::StatusOr<int64_t> ParseCost(absl::string_view text, absl::string_view currency) {
  DANGOL_ASSIGN_OR_RETURN(const int exponent, config::CurrencyExponent(currency));
  int64_t micros = 0;
  if (config::ParseFixed(text, exponent + kMicroDecimals, &micros) && micros >= 0) return micros;
  return BadField("--cost", text, "is no cost",
                  absl::StrCat("write it in ", currency, ", e.g. 0.01"));
}

}  // namespace dangol::cli
