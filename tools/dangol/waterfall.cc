#include "tools/dangol/waterfall.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "dangol/campaign/v1/campaign_service.pb.h"
#include "tools/dangol/text.h"

namespace dangol::cli {
namespace {

using campaign::v1::Waterfall;
using Term = std::pair<const char*, int64_t>;

Equation Tie(const Term& left, const std::vector<Term>& right) {
  Equation equation;
  equation.text = absl::StrCat(left.first, " ", Thousands(left.second), " =");
  int64_t sum = 0;
  for (size_t i = 0; i < right.size(); ++i) {
    absl::StrAppend(&equation.text, i == 0 ? " " : " + ", right[i].first, " ",
                    Thousands(right[i].second));
    sum += right[i].second;
  }
  equation.holds = sum == left.second;
  return equation;
}

void AddRow(Table& table, const std::string& label, const Waterfall& w) {
  table.Add({label, Thousands(w.selected()), Thousands(w.excluded()), Thousands(w.assigned()),
             Thousands(w.pending()), Thousands(w.suppressed()), Thousands(w.contactable()),
             Thousands(w.held_out()), Thousands(w.sent()),
             Thousands(w.delivered() + w.assumed_delivered()), Thousands(w.undelivered()),
             Thousands(w.failed() + w.unknown() + w.in_flight())});
}

template <typename Reasons>
void AddReasons(std::string* out, const char* label, const Reasons& reasons) {
  for (const auto& [reason, n] : std::map<std::string, int64_t>(reasons.begin(), reasons.end())) {
    absl::StrAppend(out, label, " ", reason, ": ", Thousands(n), "\n");
  }
}

}  // namespace

std::string StateText(campaign::v1::CampaignState state) {
  if (state == campaign::v1::CAMPAIGN_STATE_UNSPECIFIED) return "-";
  constexpr size_t kPrefix = sizeof("CAMPAIGN_STATE");  // with the underscore
  const std::string name = campaign::v1::CampaignState_Name(state);
  return name.size() > kPrefix ? name.substr(kPrefix) : "UNKNOWN";
}

std::string ProgressLine(const campaign::v1::Progress& progress) {
  const Waterfall& w = progress.total();
  return absl::StrCat(TimeText(progress.as_of_time_us()), "  ", StateText(progress.state()),
                      "  selected ", Thousands(w.selected()), "  pending ",
                      Thousands(w.pending() + w.in_flight()), "  sent ", Thousands(w.sent()),
                      "  held out ", Thousands(w.held_out()), "  suppressed ",
                      Thousands(w.suppressed()), "  failed ", Thousands(w.failed() + w.unknown()));
}

std::vector<Equation> Equations(const Waterfall& w) {
  return {
      Tie({"selected", w.selected()}, {{"eligible", w.eligible()}, {"excluded", w.excluded()}}),
      Tie({"eligible", w.eligible()}, {{"assigned", w.assigned()}}),
      Tie({"assigned", w.assigned()}, {{"contactable", w.contactable()},
                                       {"suppressed", w.suppressed()},
                                       {"pending", w.pending()}}),
      Tie({"contactable", w.contactable()}, {{"held out", w.held_out()},
                                             {"in flight", w.in_flight()},
                                             {"sent", w.sent()},
                                             {"failed", w.failed()},
                                             {"unknown", w.unknown()}}),
      Tie({"sent", w.sent()}, {{"delivered", w.delivered()},
                               {"assumed delivered", w.assumed_delivered()},
                               {"undelivered", w.undelivered()}}),
  };
}

std::string WaterfallText(const campaign::v1::Progress& progress) {
  std::string out = absl::StrCat(progress.campaign(), ": ", StateText(progress.state()), " at ",
                                 TimeText(progress.as_of_time_us()), "\n");
  Table table({"", "SELECTED", "EXCLUDED", "ASSIGNED", "PENDING", "SUPPRESSED", "CONTACTABLE",
               "HELD OUT", "SENT", "DELIVERED*", "UNDELIVERED", "OTHER**"});
  AddRow(table, "total", progress.total());
  for (const auto& wave : progress.waves()) {
    AddRow(table, absl::StrCat("wave ", wave.wave(), wave.done() ? " (done)" : ""), wave.total());
    for (const auto& audience : wave.audiences()) {
      AddRow(table, absl::StrCat("  ", audience.audience()), audience.total());
      for (const auto& cell : audience.cells()) {
        AddRow(table, absl::StrCat("    ", cell.cell(), cell.is_control() ? " (control)" : ""),
               cell.waterfall());
      }
    }
  }
  absl::StrAppend(&out, table.ToString(),
                  "*  reported or assumed   ** failed, unknown or in flight\n\n");
  AddReasons(&out, "excluded", progress.total().excluded_by_reason());
  AddReasons(&out, "suppressed", progress.total().suppressed_by_reason());
  for (const Equation& equation : Equations(progress.total())) {
    absl::StrAppend(&out, equation.holds ? "ok      " : "BROKEN  ", equation.text, "\n");
  }
  return out;
}

std::vector<std::pair<std::string, int64_t>> WaterfallSteps(const Waterfall& w) {
  return {{"Selected", w.selected()},
          {"Eligible", w.eligible()},
          {"Assigned", w.assigned()},
          {"Contactable", w.contactable()},
          {"Held out", w.held_out()},
          {"Sent", w.sent()},
          {"Delivered", w.delivered() + w.assumed_delivered()}};
}

}  // namespace dangol::cli
