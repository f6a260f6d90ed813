#include "tools/loadgen/demo_report.h"

#include <cstdio>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "libs/base/status.h"
#include "tools/client/call.h"

namespace dangol::loadgen {
namespace {

using campaign::v1::Waterfall;
using response::v1::Comparison;
using response::v1::GetReportRequest;
using response::v1::Lift;
using response::v1::Report;

constexpr Micros kPatience = 2 * kMicrosPerMinute;
constexpr int32_t kMarginBp = 4'000;

absl::Status GetReport(client::Connection& connection, const GetReportRequest& request,
                       Report* report) {
  return client::Retrying(kPatience, [&](grpc::ClientContext* context) {
    return connection.response->GetReport(context, request, report);
  });
}

GetReportRequest RequestFor(const std::string& campaign, const std::string& wave) {
  GetReportRequest request;
  request.set_campaign(campaign);
  request.set_wave(wave);
  request.mutable_assumptions()->set_margin_bp(kMarginBp);
  return request;
}

// Trigger campaigns have one wave, named so.
std::string WaveName(const std::string& wave) { return wave.empty() ? "trigger" : wave; }

void PrintLift(const Lift& lift, const TrueEffect& truth, const std::string& cell) {
  if (lift.measure() == "COUNT") return;
  const bool share = lift.measure() == "SHARE";
  const double scale = share ? 100.0 : 1.0;
  const double true_value = share ? truth.share * 100.0 : truth.sales;
  const bool covered = true_value >= lift.low() * scale && true_value <= lift.high() * scale;
  std::printf("  %-12s %-14s %9.2f vs %9.2f   %+8.2f  [%+.2f, %+.2f]   true %+8.2f %s\n",
              cell.c_str(), lift.metric().c_str(), lift.treated_mean() * scale,
              lift.baseline_mean() * scale, lift.difference() * scale, lift.low() * scale,
              lift.high() * scale, true_value, covered ? "inside" : "outside");
}

void PrintWaterfall(const Waterfall& w) {
  std::printf("  waterfall: selected %d → eligible %d → assigned %d → contactable %d",
              static_cast<int>(w.selected()), static_cast<int>(w.eligible()),
              static_cast<int>(w.assigned()), static_cast<int>(w.contactable()));
  std::printf(" → sent %d → delivered %d (assumed %d); held out %d, suppressed %d",
              static_cast<int>(w.sent()), static_cast<int>(w.delivered() + w.assumed_delivered()),
              static_cast<int>(w.assumed_delivered()), static_cast<int>(w.held_out()),
              static_cast<int>(w.suppressed()));
  const char* separator = ": ";
  for (const auto& [reason, count] : w.suppressed_by_reason()) {
    std::printf("%s%s %d", separator, reason.c_str(), static_cast<int>(count));
    separator = ", ";
  }
  std::printf("\n");
}

void AddStep(const char* label, int64_t count, response::v1::RenderReportRequest* request) {
  auto* step = request->add_waterfall();
  step->set_label(label);
  step->set_count(count);
}

absl::Status WriteHtml(client::Connection& connection, const GetReportRequest& report_request,
                       const Report& report, const Waterfall& w, const Truth& truth,
                       const std::string& path) {
  response::v1::RenderReportRequest request;
  *request.mutable_report() = report_request;
  request.set_title(report.display_name());
  AddStep("selected", w.selected(), &request);
  AddStep("eligible", w.eligible(), &request);
  AddStep("assigned", w.assigned(), &request);
  AddStep("contactable", w.contactable(), &request);
  AddStep("sent", w.sent(), &request);
  AddStep("delivered", w.delivered() + w.assumed_delivered(), &request);
  for (const auto& audience : report.audiences()) {
    for (const Comparison& comparison : audience.comparisons()) {
      const TrueEffect effect =
          truth.Of(report.campaign(), WaveName(report_request.wave()), comparison.cell());
      for (const Lift& lift : comparison.lifts()) {
        if (lift.measure() == "COUNT") continue;
        auto* line = request.add_true_lifts();
        line->set_cell(comparison.cell());
        line->set_metric(lift.metric());
        line->set_difference(lift.measure() == "SHARE" ? effect.share : effect.sales);
      }
    }
  }
  response::v1::RenderReportResponse response;
  DANGOL_RETURN_IF_ERROR(client::Retrying(kPatience, [&](grpc::ClientContext* context) {
    return connection.response->RenderReport(context, request, &response);
  }));
  std::ofstream file(path);
  file << response.html();
  if (!file.flush()) return absl::UnavailableError(absl::StrCat("cannot write ", path));
  return absl::OkStatus();
}

absl::StatusOr<Waterfall> GetWaterfall(client::Connection& connection, const std::string& campaign,
                                       const std::string& wave) {
  campaign::v1::GetProgressRequest request;
  request.set_campaign(campaign);
  request.set_wave(wave);
  campaign::v1::Progress progress;
  DANGOL_RETURN_IF_ERROR(client::Retrying(kPatience, [&](grpc::ClientContext* context) {
    return connection.campaign->GetProgress(context, request, &progress);
  }));
  return progress.total();
}

}  // namespace

absl::Status ReportWave(client::Connection& connection, const std::string& campaign,
                        const std::string& wave, const Truth& truth, const std::string& out_dir) {
  const GetReportRequest request = RequestFor(campaign, wave);
  Report report;
  DANGOL_RETURN_IF_ERROR(GetReport(connection, request, &report));
  DANGOL_ASSIGN_OR_RETURN(const Waterfall waterfall, GetWaterfall(connection, campaign, wave));
  const std::string title = wave.empty() ? campaign : absl::StrCat(campaign, " ", wave);
  std::printf("\n== %s: per 100 customers (bought) and per head (sales, %s), 95 %% intervals\n",
              title.c_str(), report.currency().c_str());
  PrintWaterfall(waterfall);
  for (const auto& audience : report.audiences()) {
    for (const Comparison& comparison : audience.comparisons()) {
      const TrueEffect effect = truth.Of(campaign, WaveName(wave), comparison.cell());
      for (const Lift& lift : comparison.lifts()) PrintLift(lift, effect, comparison.cell());
    }
  }
  std::printf("\n");
  return WriteHtml(connection, request, report, waterfall, truth,
                   absl::StrCat(out_dir, "/", absl::StrReplaceAll(title, {{" ", "-"}}), ".html"));
}

absl::StatusOr<std::string> ReadReport(client::Connection& connection,
                                       const std::string& campaign) {
  Report report;
  DANGOL_RETURN_IF_ERROR(GetReport(connection, RequestFor(campaign, ""), &report));
  std::string numbers;
  for (const auto& audience : report.audiences()) {
    for (const auto& cell : audience.cells()) absl::StrAppend(&numbers, cell.ShortDebugString());
  }
  return numbers;
}

absl::Status ReportLearning(client::Connection& connection, const std::string& campaign,
                            const std::string& wave, const Truth& truth) {
  std::printf("== what the learned offer mix gained over the random cell, %s %s\n",
              campaign.c_str(), wave.c_str());
  for (const char* audience : {"d2", "d6", "d12"}) {
    GetReportRequest request = RequestFor(campaign, wave);
    const std::string random = absl::StrCat(audience, "-random");
    const std::string learned = absl::StrCat(audience, "-learned");
    request.set_baseline_cell(random);
    Report report;
    DANGOL_RETURN_IF_ERROR(GetReport(connection, request, &report));
    TrueEffect gain = truth.Of(campaign, wave, learned);
    const TrueEffect base = truth.Of(campaign, wave, random);
    gain.share -= base.share;
    gain.sales -= base.sales;
    for (const auto& one : report.audiences()) {
      for (const Comparison& comparison : one.comparisons()) {
        if (comparison.cell() != learned) continue;
        for (const Lift& lift : comparison.lifts()) PrintLift(lift, gain, learned);
      }
    }
  }
  std::printf("\n");
  return absl::OkStatus();
}

}  // namespace dangol::loadgen
