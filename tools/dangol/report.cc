// report: what a campaign changed.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <memory>

#include "libs/base/status.h"
#include "tools/client/connection.h"
#include "tools/dangol/commands.h"
#include "tools/dangol/report_text.h"
#include "tools/dangol/session.h"
#include "tools/dangol/text.h"
#include "tools/dangol/waterfall.h"

namespace dangol::cli {
namespace {

struct Args {
  std::string campaign, wave, baseline, margin, cost, html, title;
  double confidence = 0.95;
};

// The cost is written in currency units, so the campaign's currency must be known first.
absl::StatusOr<int64_t> CostMicros(Session& session, const Args& args) {
  response::v1::GetReportRequest request;
  request.set_campaign(args.campaign);
  response::v1::Report report;
  DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
    return c.response->GetReport(x, request, &report);
  }));
  const auto micros = ParseCost(args.cost, report.currency());
  if (!micros.ok()) return Usage(micros.status());
  return micros;
}

absl::StatusOr<response::v1::GetReportRequest> RequestOf(Session& session, const Args& args) {
  response::v1::GetReportRequest request;
  request.set_campaign(args.campaign);
  request.set_wave(args.wave);
  request.set_baseline_cell(args.baseline);
  request.set_confidence(args.confidence);
  if (!args.margin.empty()) {
    DANGOL_ASSIGN_OR_RETURN(const int margin, ParsePercent("--margin", args.margin));
    request.mutable_assumptions()->set_margin_bp(margin);
  }
  if (!args.cost.empty()) {
    DANGOL_ASSIGN_OR_RETURN(const int64_t micros, CostMicros(session, args));
    request.mutable_assumptions()->set_cost_per_contact_micros(micros);
  }
  return request;
}

absl::Status WriteHtml(Session& session, const Args& args,
                       const response::v1::GetReportRequest& report) {
  campaign::v1::GetProgressRequest ask;
  ask.set_campaign(args.campaign);
  ask.set_wave(args.wave);
  campaign::v1::Progress progress;
  DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
    return c.campaign->GetProgress(x, ask, &progress);
  }));
  response::v1::RenderReportRequest request;
  *request.mutable_report() = report;
  request.set_title(args.title);
  for (const auto& [label, count] : WaterfallSteps(progress.total())) {
    auto* step = request.add_waterfall();
    step->set_label(label);
    step->set_count(count);
  }
  response::v1::RenderReportResponse response;
  DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
    return c.response->RenderReport(x, request, &response);
  }));
  std::ofstream file(args.html, std::ios::binary | std::ios::trunc);
  file << response.html();
  file.close();
  if (!file) {
    return Usage(BadField("--html", args.html, "cannot be written", "name a writable file"));
  }
  std::cerr << "wrote " << args.html << "\n";
  return absl::OkStatus();
}

absl::Status Report(Session& session, const Args& args) {
  DANGOL_ASSIGN_OR_RETURN(const auto request, RequestOf(session, args));
  response::v1::Report report;
  DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
    return c.response->GetReport(x, request, &report);
  }));
  if (session.json()) session.PrintJson(report);
  if (!session.json()) std::cout << ReportText(report);
  return args.html.empty() ? absl::OkStatus() : WriteHtml(session, args, request);
}

}  // namespace

void AddReportCommand(CLI::App& app, Session& session) {
  auto args = std::make_shared<Args>();
  auto* report = app.add_subcommand("report", "what a campaign changed, against control");
  report->add_option("campaign", args->campaign)->required();
  report->add_option("--wave", args->wave, "default: all waves");
  report->add_option("--baseline", args->baseline, "cell to compare with; default: control");
  report->add_option("--margin", args->margin, "contribution margin on sales, e.g. 40%");
  report->add_option("--cost", args->cost, "per contact, in currency units, e.g. 0.01");
  report->add_option("--confidence", args->confidence, "of the intervals")->capture_default_str();
  report->add_option("--html", args->html, "write the report as one HTML page");
  report->add_option("--title", args->title, "of the page");
  report->footer("Example: dangol report winback --margin 40% --cost 10 --html report.html");
  session.SetAction(report, [&session, args] { return Report(session, *args); });
}

}  // namespace dangol::cli
