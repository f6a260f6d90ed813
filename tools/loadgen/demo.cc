#include "tools/loadgen/demo.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "libs/base/calendar.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "tools/client/apply.h"
#include "tools/client/call.h"
#include "tools/client/connection.h"
#include "tools/loadgen/demo_report.h"
#include "tools/loadgen/feed.h"
#include "tools/loadgen/receiver.h"
#include "tools/loadgen/season.h"
#include "tools/loadgen/server_process.h"
#include "tools/loadgen/timeline.h"
#include "tools/loadgen/truth.h"

namespace dangol::loadgen {
namespace {

constexpr char kStart[] = "2026-03-01T02:00:00+00:00";  // 11:00 in Seoul
constexpr int64_t kWindowDays = 60;
constexpr int64_t kSecondWaveDay = 62;
// On a cluster a wave of many customers takes some days to go out.
constexpr int64_t kLiveSlackDays = 30;
constexpr Micros kPatience = 2 * kMicrosPerMinute;
constexpr absl::Duration kBetweenReads = absl::Seconds(1);
constexpr int kStillReads = 3;

// Everything that lives through one demo.
class Demo {
 public:
  explicit Demo(const DemoOptions& options)
      : options_(options),
        retail_(RetailOf(options)),
        receiver_(retail_, live() ? options.drop_root : options.out_dir + "/data/drop"),
        truth_(retail_, static_cast<double>(kWindowDays)) {}

  absl::Status Run();

 private:
  static RetailOptions RetailOf(const DemoOptions& options) {
    RetailOptions retail;
    retail.seed = options.seed;
    retail.customers = options.customers;
    retail.start = options.server.empty() ? ParseTime(kStart, absl::UTCTimeZone()).value()
                                          : SystemClock().Now();
    return retail;
  }
  bool live() const { return !options_.server.empty(); }
  int64_t slack_days() const { return live() ? kLiveSlackDays : 0; }
  absl::Status StartServer();
  absl::Status Load();
  // Campaigns, or everything else.
  absl::Status ApplyExamples(bool campaigns);
  absl::Status Approve(const std::string& campaign);
  absl::Status RunWaves();
  absl::Status AwaitRest(int64_t orders);
  absl::Status Connect(const char* principal, std::unique_ptr<client::Connection>* connection);
  void Say(const std::string& what);

  const DemoOptions options_;
  const Retail retail_;
  Receiver receiver_;
  Truth truth_;
  std::string url_;                        // of the receiver
  std::unique_ptr<ServerProcess> server_;  // null: live
  std::unique_ptr<Timeline> timeline_;
  std::unique_ptr<client::Connection> planner_;
  std::unique_ptr<client::Connection> manager_;
  int64_t history_ = 0;  // orders
  const Micros began_ = SteadyMicros();
};

void Demo::Say(const std::string& what) {
  std::printf("[%5.1f s] %s\n", static_cast<double>(SteadyMicros() - began_) / 1e6, what.c_str());
  std::fflush(stdout);
}

absl::Status Demo::Connect(const char* principal, std::unique_ptr<client::Connection>* connection) {
  rpc::ClientOptions client;
  client.target = live() ? options_.server : server_->target();
  client.principal = principal;
  DANGOL_ASSIGN_OR_RETURN(*connection, client::Connection::Open(client));
  return absl::OkStatus();
}

absl::Status Demo::StartServer() {
  std::error_code error;
  std::filesystem::remove_all(options_.out_dir, error);
  std::filesystem::create_directories(options_.out_dir, error);
  if (error) return absl::UnavailableError(absl::StrCat(options_.out_dir, ": ", error.message()));
  if (!live()) {
    server_ =
        std::make_unique<ServerProcess>(ServerProcess::Options{options_.bin_dir + "/dangold",
                                                               options_.out_dir + "/data",
                                                               kStart,
                                                               options_.out_dir + "/dangold.log",
                                                               {}});
    DANGOL_RETURN_IF_ERROR(server_->Start());
    Say(absl::StrCat("dangold --clock=virtual serves on ", server_->target(),
                     ", metrics on http://127.0.0.1:", server_->metrics_port(), "/metrics"));
  } else {
    Say(absl::StrFormat("live clock, a day is %g s: %s",
                        static_cast<double>(options_.day) / kMicrosPerSecond, options_.server));
  }
  DANGOL_RETURN_IF_ERROR(Connect("planner", &planner_));
  DANGOL_RETURN_IF_ERROR(Connect("manager", &manager_));
  if (live()) {
    timeline_ = std::make_unique<LiveTimeline>(retail_.options().start, options_.day,
                                               kSecondWaveDay + slack_days());
  } else {
    timeline_ = std::make_unique<VirtualTimeline>(*planner_);
  }
  DANGOL_ASSIGN_OR_RETURN(url_, receiver_.Start());
  return absl::OkStatus();
}

absl::Status Demo::ApplyExamples(bool campaigns) {
  DANGOL_ASSIGN_OR_RETURN(auto resources, client::ReadResources({options_.examples_dir}));
  std::map<std::string, int> count;
  for (client::Resource& resource : resources) {
    if ((resource.kind == "Campaign") != campaigns) continue;
    timeline_->Adapt(&resource);
    if (auto* channel = dynamic_cast<campaign::v1::Channel*>(resource.message.get())) {
      if (channel->has_webhook()) channel->mutable_webhook()->set_url(url_);
    }
    const auto applied = client::Apply(*planner_, resource, false);
    if (!applied.ok()) {
      return absl::Status(applied.status().code(),
                          absl::StrCat(resource.source, ": ", applied.status().message()));
    }
    ++count[resource.kind];
  }
  std::string summary;
  for (const auto& [kind, n] : count) absl::StrAppend(&summary, " ", n, " ", kind);
  Say(absl::StrCat("dangol apply -f ", options_.examples_dir, ":", summary));
  return absl::OkStatus();
}

absl::Status Demo::Load() {
  DANGOL_RETURN_IF_ERROR(SendCustomers(*planner_, retail_, nullptr));
  Say(absl::StrFormat("%d customers with traits and consent", options_.customers));
  DANGOL_ASSIGN_OR_RETURN(history_, SendHistory(*planner_, retail_, nullptr));
  Say(absl::StrFormat("%d purchases of two years accepted, durable", history_));
  DANGOL_RETURN_IF_ERROR(timeline_->RunTo(retail_.options().start));
  DANGOL_ASSIGN_OR_RETURN(const profile::v1::Stats stats, AwaitActivities(*planner_, history_));
  Say(absl::StrFormat("... and processed by %s: %d customers, %d activities",
                      live() ? "profile" : "all five services", stats.customers(),
                      stats.activities()));
  return absl::OkStatus();
}

absl::Status Demo::Approve(const std::string& name) {
  campaign::v1::Campaign campaign;
  campaign::v1::SubmitCampaignRequest submit;
  submit.set_name(name);
  submit.set_request_id("submit-" + name);
  DANGOL_RETURN_IF_ERROR(client::Retrying(kPatience, [&](grpc::ClientContext* context) {
    return planner_->campaign->SubmitCampaign(context, submit, &campaign);
  }));
  campaign::v1::ApproveCampaignRequest approve;
  approve.set_name(name);
  approve.set_definition_hash(campaign.definition_hash());
  approve.set_request_id("approve-" + name);
  DANGOL_RETURN_IF_ERROR(client::Retrying(kPatience, [&](grpc::ClientContext* context) {
    return manager_->campaign->ApproveCampaign(context, approve, &campaign);
  }));
  campaign::v1::StartCampaignRequest start;
  start.set_name(name);
  start.set_request_id("start-" + name);
  DANGOL_RETURN_IF_ERROR(client::Retrying(kPatience, [&](grpc::ClientContext* context) {
    return manager_->campaign->StartCampaign(context, start, &campaign);
  }));
  Say(absl::StrCat(name, ": submitted by ", campaign.author(), ", approved by ",
                   campaign.approver(), ", started"));
  return absl::OkStatus();
}

absl::Status Demo::RunWaves() {
  Season season(*planner_, *timeline_, retail_, receiver_, truth_);
  const int64_t second = kSecondWaveDay + slack_days();
  auto progress = [&](int64_t day) {
    if ((day + 1) % 31 == 0) {
      Say(absl::StrFormat("day %d: %d purchases tracked, %d of them reactions to a message",
                          day + 1, season.orders(), season.reactions()));
    }
  };
  DANGOL_RETURN_IF_ERROR(season.RunThrough(second - 1, progress));
  DANGOL_RETURN_IF_ERROR(ReportWave(*planner_, "winback", "w1", truth_, options_.out_dir));
  DANGOL_RETURN_IF_ERROR(season.RunThrough(second + kWindowDays + slack_days() + 1, progress));
  if (live()) DANGOL_RETURN_IF_ERROR(AwaitRest(history_ + season.orders()));
  DANGOL_RETURN_IF_ERROR(ReportWave(*planner_, "winback", "w2", truth_, options_.out_dir));
  DANGOL_RETURN_IF_ERROR(ReportLearning(*planner_, "winback", "w2", truth_));
  DANGOL_RETURN_IF_ERROR(ReportWave(*planner_, "thank-you", "", truth_, options_.out_dir));
  Say(absl::StrFormat("%d webhook posts, %d contacts received twice, %d server restarts",
                      receiver_.posts(), receiver_.duplicates(), live() ? 0 : server_->restarts()));
  return absl::OkStatus();
}

// Of a live cluster: what was tracked is in, and the reports have stood still for a while.
absl::Status Demo::AwaitRest(int64_t orders) {
  DANGOL_RETURN_IF_ERROR(AwaitActivities(*planner_, orders).status());
  std::string last;
  for (int still = 0; still < kStillReads; absl::SleepFor(kBetweenReads)) {
    std::string now;
    for (const char* campaign : {"winback", "thank-you"}) {
      DANGOL_ASSIGN_OR_RETURN(const std::string read, ReadReport(*planner_, campaign));
      now += read;
    }
    still = now == last ? still + 1 : 0;
    last = std::move(now);
  }
  return absl::OkStatus();
}

absl::Status Demo::Run() {
  DANGOL_RETURN_IF_ERROR(StartServer());
  DANGOL_RETURN_IF_ERROR(ApplyExamples(/*campaigns=*/false));
  DANGOL_RETURN_IF_ERROR(Load());
  timeline_->Begin();
  DANGOL_RETURN_IF_ERROR(ApplyExamples(/*campaigns=*/true));
  DANGOL_RETURN_IF_ERROR(Approve("winback"));
  DANGOL_RETURN_IF_ERROR(Approve("thank-you"));
  DANGOL_RETURN_IF_ERROR(RunWaves());
  std::printf("\nReports: %s/winback-w1.html, winback-w2.html, thank-you.html\n",
              options_.out_dir.c_str());
  if (live()) return absl::OkStatus();
  server_->Stop();
  std::printf(
      "Try next: %s/dangol serve --data-dir %s/data --clock virtual\n"
      "          %s/dangol report winback --wave w2 --margin 40%%\n"
      "          %s/dangol explain winback user_id:u0000007\n",
      options_.bin_dir.c_str(), options_.out_dir.c_str(), options_.bin_dir.c_str(),
      options_.bin_dir.c_str());
  return absl::OkStatus();
}

}  // namespace

absl::Status RunDemo(const DemoOptions& options) { return Demo(options).Run(); }

}  // namespace dangol::loadgen
