#include "services/response/report/sections.h"

#include <cmath>
#include <map>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "dangol/response/v1/response_service.pb.h"
#include "services/response/report/svg.h"
#include "services/response/report/text.h"

namespace dangol::response {
namespace {

std::string ConfidenceText(const v1::Report& report) {
  return absl::StrFormat("%g\u202f%%", report.confidence() * 100);
}

// What a customer of a SHARE metric did, as far as its name says so.
std::string Verb(const std::string& metric) {
  if (absl::StrContains(metric, "purchase") || absl::StrContains(metric, "conversion") ||
      absl::StrContains(metric, "buy")) {
    return "bought";
  }
  if (absl::StrContains(metric, "visit")) return "visited";
  return absl::StrCat("counted for “", Escape(metric), "”");
}

std::string Verdict(const v1::Lift& lift) {
  if (!lift.defined()) return "<span class=\"tag flat\">too little data</span>";
  if (lift.low() > 0) return "<span class=\"tag up\">▲ a real gain</span>";
  if (lift.high() < 0) return "<span class=\"tag down\">▼ a real loss</span>";
  return "<span class=\"tag flat\">● no difference can be told</span>";
}

std::string MeasureInWords(const std::string& measure) {
  if (measure == "SHARE") return "difference in percentage points";
  if (measure == "COUNT") return "difference per customer";
  return "difference in money per customer";
}

std::string ShareTick(double value, const std::string&) {
  return absl::StrCat(value > 0 ? "+" : "", Number(value * 100, std::fabs(value) < 0.01 ? 2 : 1));
}
std::string CountTick(double value, const std::string&) {
  return absl::StrCat(value > 0 ? "+" : "", Number(value, 2));
}
std::string MoneyTick(double value, const std::string& currency) {
  return value == 0 ? "0" : SignedMoney(value, currency);
}

std::string MetricChart(const v1::Report& report, const v1::AudienceReport& audience,
                        const v1::RenderReportRequest& request, int metric, const std::string& id) {
  const v1::Lift& first = audience.comparisons(0).lifts(metric);
  std::vector<Whisker> rows;
  std::string words;
  for (const auto& comparison : audience.comparisons()) {
    const v1::Lift& lift = comparison.lifts(metric);
    const auto text = [&](double v) {
      return DifferenceText(lift.measure(), v, report.currency());
    };
    Whisker row;
    row.label = comparison.cell();
    row.value = lift.difference();
    row.low = lift.low();
    row.high = lift.high();
    row.defined = lift.defined();
    row.value_text = text(lift.difference());
    row.range_text = absl::StrCat(text(lift.low()), " to ", text(lift.high()));
    for (const auto& truth : request.true_lifts()) {
      if (truth.cell() != comparison.cell() || truth.metric() != lift.metric()) continue;
      row.truth = truth.difference();
      row.truth_text = absl::StrCat("true lift ", text(truth.difference()));
    }
    absl::StrAppend(&words, row.label, ": ", row.value_text, ", ", row.range_text, ". ");
    rows.push_back(std::move(row));
  }
  const LiftAxis axis = {id, absl::StrCat("Lift of ", first.metric(), " in ", audience.audience()),
                         words,
                         first.measure() == "SHARE"   ? ShareTick
                         : first.measure() == "COUNT" ? CountTick
                                                      : MoneyTick,
                         report.currency()};
  return absl::StrCat("<h3>", Escape(first.metric()), " <span class=\"soft small\">",
                      MeasureInWords(first.measure()), " against ",
                      Escape(audience.comparisons(0).baseline_cell()),
                      "</span></h3>\n<div class=\"scroll\">", LiftChart(axis, rows), "</div>\n");
}

std::string ChartKey(const v1::Report& report, bool truth) {
  return absl::StrCat(
      "<ul class=\"key\"><li>● measured difference</li><li>┣━┫ ", ConfidenceText(report),
      " interval; where it stays clear of the line at zero, it is more than chance</li>",
      truth ? "<li>◇ true lift, known only to a simulation</li>" : "", "</ul>\n");
}

std::string LiftTable(const v1::Report& report, const v1::AudienceReport& audience) {
  std::string out = absl::StrCat(
      "<h3>The same in numbers</h3>\n<div class=\"scroll\"><table><thead><tr>"
      "<th scope=\"col\">Cell and metric</th><th scope=\"col\">Cell</th>"
      "<th scope=\"col\">Baseline</th><th scope=\"col\">Difference</th><th scope=\"col\">",
      ConfidenceText(report),
      " interval</th><th scope=\"col\">Relative</th><th "
      "scope=\"col\">p</th></tr></thead><tbody>\n");
  for (const auto& comparison : audience.comparisons()) {
    for (const auto& lift : comparison.lifts()) {
      const auto level = [&](double v) { return LevelText(lift.measure(), v, report.currency()); };
      const auto gap = [&](double v) {
        return DifferenceText(lift.measure(), v, report.currency());
      };
      absl::StrAppend(&out, "<tr><th scope=\"row\">", Escape(comparison.cell()), " · ",
                      Escape(lift.metric()), "</th><td>", level(lift.treated_mean()), "</td><td>",
                      level(lift.baseline_mean()), "</td><td>", gap(lift.difference()),
                      "</td><td>");
      if (lift.defined()) {
        absl::StrAppend(&out, gap(lift.low()), " to ", gap(lift.high()));
      } else {
        out += "too little data";
      }
      absl::StrAppend(&out, "</td><td>",
                      lift.has_relative()
                          ? absl::StrCat(lift.relative() > 0 ? "+" : "", Percent(lift.relative()))
                          : "–",
                      "</td><td>", lift.defined() ? PValue(lift.p_value()) : "–", "</td></tr>\n");
    }
  }
  return out + "</tbody></table></div>\n";
}

std::string CellHead(const v1::CellReport& cell) {
  return absl::StrCat("<tr><th scope=\"row\">", Escape(cell.cell()),
                      cell.is_control() ? " <span class=\"tag flat\">held out</span>" : "",
                      "</th>");
}

std::string CellTable(const v1::Report& report, const v1::AudienceReport& audience) {
  std::string out =
      "<h3>What customers did</h3>\n<div class=\"scroll\"><table><thead><tr>"
      "<th scope=\"col\">Cell</th><th scope=\"col\">Customers measured</th>";
  for (const auto& metric : report.overall()) {
    absl::StrAppend(&out, "<th scope=\"col\">", Escape(metric.metric()), "</th>");
  }
  out +=
      "<th scope=\"col\">Answered directly</th><th scope=\"col\">Late</th></tr></thead>"
      "<tbody>\n";
  for (const auto& cell : audience.cells()) {
    absl::StrAppend(&out, CellHead(cell), "<td>", Count(cell.customers()), "</td>");
    for (const auto& metric : cell.metrics()) {
      absl::StrAppend(&out, "<td>", LevelText(metric.measure(), metric.mean(), report.currency()),
                      "</td>");
    }
    absl::StrAppend(&out, "<td>", cell.is_control() ? "–" : Count(cell.direct_responses()),
                    "</td><td>", Count(cell.late_responses()), "</td></tr>\n");
  }
  return out + "</tbody></table></div>\n";
}

std::string ContactTable(const v1::AudienceReport& audience) {
  std::string out =
      "<h3>What became of the contacts</h3>\n<div class=\"scroll\"><table><thead><tr>"
      "<th scope=\"col\">Cell</th><th scope=\"col\">Sent</th><th scope=\"col\">Delivered</th>"
      "<th scope=\"col\">Bounced</th><th scope=\"col\">In flight</th>"
      "<th scope=\"col\">Failed</th><th scope=\"col\">Unknown</th>"
      "<th scope=\"col\">Suppressed</th></tr></thead><tbody>\n";
  for (const auto& cell : audience.cells()) {
    out += CellHead(cell);
    for (const int64_t count : {cell.sent(), cell.delivered(), cell.undelivered(), cell.in_flight(),
                                cell.failed(), cell.unknown()}) {
      absl::StrAppend(&out, "<td>", cell.is_control() ? "–" : Count(count), "</td>");
    }
    absl::StrAppend(&out, "<td>", Count(cell.suppressed()), "</td></tr>\n");
  }
  return out + "</tbody></table></div>\n";
}

// People who were measured under several customer ids.
std::string MergedBox(const v1::AudienceReport& audience) {
  int64_t merged = 0, contaminated = 0;
  for (const auto& cell : audience.cells()) {
    merged += cell.merged_units();
    contaminated += cell.contaminated_units();
  }
  if (merged == 0) return "";
  std::string out = absl::StrCat(
      "<div class=\"note-box warn\"><b>", Count(merged), merged == 1 ? " contact" : " contacts",
      " left out:</b> of people who were measured already, under another customer id.");
  if (contaminated > 0) {
    absl::StrAppend(&out, " Of these people, ", Count(contaminated),
                    " got something of another cell than the one they are measured in.");
  }
  return out + "</div>\n";
}

std::string RatioBox(const v1::AudienceReport& audience) {
  const auto& ratio = audience.sample_ratio();
  const std::string test = absl::StrCat(
      " <span class=\"soft small\">(chi-square ", Number(ratio.chi_square(), 3), ", ",
      ratio.degrees_of_freedom(), " degrees of freedom, p ", PValue(ratio.p_value()), ")</span>");
  if (ratio.mismatch()) {
    return absl::StrCat(
        "<div class=\"note-box bad\" role=\"alert\"><b>✗ Do not trust this comparison.</b> The "
        "cells are not as large as their assignment promised, which chance alone would hardly do. "
        "Something took customers out of one cell and not the other: find it first.",
        test, "</div>\n");
  }
  if (ratio.degrees_of_freedom() == 0) {
    return "<div class=\"note-box warn\"><b>? Not checked.</b> There are too few customers to tell "
           "whether the cells have the sizes that their assignment promised.</div>\n";
  }
  return absl::StrCat(
      "<div class=\"note-box ok\"><b>✓ The cells compare like with like.</b> Their sizes are what "
      "the assignment promised, up to chance.",
      test, "</div>\n");
}

std::string SuppressedList(const v1::AudienceReport& audience) {
  std::map<std::string, int64_t> reasons;
  int64_t total = 0;
  for (const auto& cell : audience.cells()) {
    total += cell.suppressed();
    for (const auto& [reason, count] : cell.suppressed_by_reason()) reasons[reason] += count;
  }
  if (total == 0) return "";
  std::string out = absl::StrCat("<h3>Not contacted, and why</h3>\n<p>", Count(total),
                                 " customers were selected and left alone, in contacted and "
                                 "held-out cells by the same rules:</p>\n<ul class=\"reasons\">\n");
  for (const auto& [reason, count] : reasons) {
    absl::StrAppend(&out, "<li>", Count(count), ": ", Escape(SuppressionInWords(reason)),
                    "</li>\n");
  }
  return out + "</ul>\n";
}

std::string RuleBox(const v1::Economics& economics) {
  if (!economics.rules_disagree()) {
    return economics.incremental_rule_go() ? "<span class=\"tag up\">▲ worth it</span>"
                                           : "<span class=\"tag down\">▼ not worth it</span>";
  }
  return economics.incremental_rule_go()
             ? "<span class=\"tag up\">▲ worth it</span> (the gross rule would say no)"
             : "<span class=\"tag down\">▼ not worth it</span> (the gross rule would say yes)";
}

std::string EconomicsTable(const v1::Report& report, const v1::AudienceReport& audience) {
  const std::string& currency = report.currency();
  std::string out =
      "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Cell</th>"
      "<th scope=\"col\">Contribution a head</th><th scope=\"col\">Interval</th>"
      "<th scope=\"col\">All contacted</th><th scope=\"col\">Cost</th><th scope=\"col\">Return</th>"
      "<th scope=\"col\" class=\"wrap\">Contacting was</th></tr></thead><tbody>\n";
  for (const auto& comparison : audience.comparisons()) {
    if (!comparison.has_economics()) continue;
    const auto& e = comparison.economics();
    absl::StrAppend(&out, "<tr><th scope=\"row\">", Escape(comparison.cell()), "</th><td>",
                    SignedMoney(e.contribution_per_head(), currency), "</td><td>",
                    SignedMoney(e.low(), currency), " to ", SignedMoney(e.high(), currency),
                    "</td><td>", SignedMoney(e.incremental_contribution(), currency), "</td><td>",
                    Money(e.cost(), currency), "</td><td>", e.has_roi() ? Percent(e.roi()) : "–",
                    "</td><td class=\"wrap\">", RuleBox(e), "</td></tr>\n");
  }
  return out + "</tbody></table></div>\n";
}

}  // namespace

std::string DifferenceText(const std::string& measure, double value, const std::string& currency) {
  if (measure == "SHARE") return absl::StrCat(Points(value), " pts");
  if (measure == "COUNT") return absl::StrCat(value > 0 ? "+" : "", Number(value, 3));
  return SignedMoney(value, currency);
}

std::string LevelText(const std::string& measure, double value, const std::string& currency) {
  if (measure == "SHARE") return Percent(value);
  if (measure == "COUNT") return Number(value, 3);
  return Money(value, currency);
}

std::string HeadlineSentence(const v1::Report& report, const v1::Lift& lift,
                             const std::string& cell, const std::string& baseline,
                             bool baseline_is_control) {
  const std::string rest = baseline_is_control ? "held out" : absl::StrCat("in ", Escape(baseline));
  const bool share = lift.measure() == "SHARE";
  const double scale = share ? 100 : 1;
  const auto amount = [&](double value) {
    if (lift.measure() == "SUM") return Money(value, report.currency());
    return Number(value * scale, std::fabs(value) * scale < 2 ? 2 : 1);
  };
  std::string out;
  if (share) {
    absl::StrAppend(&out, "Of 100 customers in <b>", Escape(cell), "</b>, <b>",
                    amount(lift.treated_mean()), "</b> ", Verb(lift.metric()), "; of 100 ", rest,
                    ", ", amount(lift.baseline_mean()), " did: ");
  } else {
    absl::StrAppend(&out, "A customer in <b>", Escape(cell), "</b> had <b>",
                    amount(lift.treated_mean()), "</b> of ", Escape(lift.metric()),
                    " on average; one ", rest, " had ", amount(lift.baseline_mean()), ": ");
  }
  absl::StrAppend(&out, "<b>", amount(std::fabs(lift.difference())),
                  lift.difference() < 0 ? " less" : " more", "</b>");
  if (lift.defined()) {
    absl::StrAppend(&out, ", with ", ConfidenceText(report), " confidence between ",
                    amount(lift.low()), " and ", amount(lift.high()));
  }
  return absl::StrCat(out, ". ", Verdict(lift));
}

std::string EconomicsBlock(const v1::Report& report, const v1::AudienceReport& audience) {
  bool any = false, disagree = false;
  for (const auto& comparison : audience.comparisons()) {
    any |= comparison.has_economics();
    disagree |= comparison.has_economics() && comparison.economics().rules_disagree();
  }
  if (!any) return "";
  const auto& assumptions = report.assumptions();
  std::string out = absl::StrCat(
      "<h3>Did it pay?</h3>\n<p>Assuming a contribution margin of ",
      Percent(assumptions.margin_bp() / 10'000.0), " on sales and ",
      assumptions.has_cost_per_contact_micros()
          ? absl::StrCat(Money(static_cast<double>(assumptions.cost_per_contact_micros()) / 1e6,
                               report.currency()),
                         " for each contact")
          : "the recorded cost of channel and offer",
      ". Only sales beyond those of the held-out customers count.</p>\n",
      EconomicsTable(report, audience));
  if (disagree) {
    out +=
        "<div class=\"note-box warn\"><b>⚠ The two rules disagree.</b> Looking at all sales of "
        "contacted customers and looking only at sales that the contact caused lead to opposite "
        "decisions. Customers who buy anyway make the gross rule too hopeful: follow the "
        "incremental one.</div>\n";
  }
  return out;
}

std::string AudienceSection(const v1::Report& report, const v1::AudienceReport& audience,
                            const v1::RenderReportRequest& request, int index) {
  std::string out =
      absl::StrCat("<section aria-labelledby=\"a", index, "\">\n<h2 id=\"a", index, "\">Audience ",
                   Escape(audience.audience()), "</h2>\n", RatioBox(audience), MergedBox(audience));
  if (audience.comparisons().empty()) {
    out += "<p>No control cell: there is nothing to compare with, and no lift can be told.</p>\n";
  } else {
    for (int i = 0; i < audience.comparisons(0).lifts_size(); ++i) {
      out += MetricChart(report, audience, request, i, absl::StrCat("c", index, "-", i));
    }
    out += ChartKey(report, !request.true_lifts().empty());
    out += LiftTable(report, audience);
    out += EconomicsBlock(report, audience);
  }
  out += CellTable(report, audience);
  out += ContactTable(audience);
  out += SuppressedList(audience);
  return out + "</section>\n";
}

}  // namespace dangol::response
