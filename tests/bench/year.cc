#include "tests/bench/year.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "tests/bench/campaigns.h"
#include "tools/client/call.h"
#include "tools/loadgen/feed.h"
#include "tools/loadgen/receiver.h"
#include "tools/loadgen/season.h"
#include "tools/loadgen/truth.h"

namespace dangol::bench {
namespace {

constexpr char kStart[] = "2026-03-01T02:00:00+00:00";  // 11:00 in Seoul
constexpr int kDays = 365;
constexpr int kBatchCampaigns = 16;
constexpr int kDaysBetween = 22;
constexpr double kWindowDays = 60;
constexpr const char* kSegments[] = {"dormant-2", "dormant-6", "dormant-12", "regulars"};

constexpr char kChannel[] = R"(
kind: Channel
name: push
consent_channel: push
address: user_id
cost_micros: 10000000
webhook: {url: "%s", idempotent: true, max_in_flight: 64}
)";

constexpr char kCampaign[] = R"(---
kind: Campaign
name: %s
business_unit: beauty
purpose: marketing
trigger: %s
audiences:
  - name: all
%s    cells:
      - {name: control, share: 20%%, is_control: true}
      - {name: learned, share: 70%%, channel: %s, offers: [free-sample, voucher-5000, double-points], offer_policy: thompson, content: "{{offer}}"}
      - {name: random, share: 10%%, channel: %s, offers: [free-sample, voucher-5000, double-points], offer_policy: uniform, content: "{{offer}}"}
metrics:
  - {name: bought, measure: share, activity_kind: purchase}
  - {name: sales, measure: sum, activity_kind: purchase}
response_window: 60d
)";

std::string CampaignYaml(const std::string& name, const std::string& trigger,
                         const std::string& segment, const char* channel) {
  const std::string audience = segment.empty() ? "" : absl::StrCat("    segment: ", segment, "\n");
  return absl::StrFormat(kCampaign, name, trigger, audience, channel, channel);
}

// The definitions of all twenty, and their names.
std::string Definitions(const std::string& url, Micros start, std::vector<std::string>* names) {
  std::string yaml = absl::StrFormat(kChannel, url);
  const auto add = [&](const std::string& name, const std::string& trigger,
                       const std::string& segment, const char* channel) {
    names->push_back(name);
    yaml += CampaignYaml(name, trigger, segment, channel);
  };
  for (int i = 0; i < kBatchCampaigns; ++i) {
    const absl::Time time = absl::FromUnixMicros(start + i * kDaysBetween * kMicrosPerDay);
    const std::string when = absl::FormatTime("%Y-%m-%d %H:%M", time, absl::UTCTimeZone());
    const std::string segment = kSegments[i % std::size(kSegments)];
    add(absl::StrCat("batch-", i),
        absl::StrCat("{batch: {waves: [{name: w1, start_time: \"", when, "\"}]}}"), segment,
        segment == "dormant-12" ? "letter" : "push");
  }
  add("after-purchase", "{activity: {activity_kind: purchase, delay: 1h, fresh_within: 2d}}", "",
      "push");
  add("after-great-purchase",
      "{activity: {activity_kind: purchase, min_net_minor: 100000, delay: 3d, fresh_within: 2d}}",
      "", "push");
  add("fell-asleep", "{segment: {segment: dormant-2}}", "", "push");
  add("became-regular", "{segment: {segment: regulars}}", "", "push");
  return yaml;
}

absl::Status Load(Retailer& retailer) {
  DANGOL_RETURN_IF_ERROR(retailer.SendCustomers());
  DANGOL_RETURN_IF_ERROR(
      loadgen::SendHistory(retailer.connection(), retailer.retail(), nullptr).status());
  stream::v1::AdvanceClockRequest request;
  request.set_to_time_us(retailer.retail().options().start);
  stream::v1::AdvanceClockResponse response;
  return client::Retrying(30 * kMicrosPerMinute, [&](grpc::ClientContext* context) {
    return retailer.connection().clock->AdvanceClock(context, request, &response);
  });
}

}  // namespace

absl::StatusOr<std::vector<Figure>> MeasureYear(const BenchOptions& given, int64_t customers) {
  BenchOptions options = given;
  options.customers = customers;
  options.work_dir = given.work_dir + "-year";
  options.start = kStart;
  Retailer retailer(options);
  loadgen::Receiver receiver(retailer.retail(), options.work_dir + "/data/drop");
  loadgen::Truth truth(retailer.retail(), kWindowDays);
  DANGOL_RETURN_IF_ERROR(retailer.Start());
  DANGOL_RETURN_IF_ERROR(Load(retailer));
  DANGOL_ASSIGN_OR_RETURN(const std::string url, receiver.Start());
  std::vector<std::string> names;
  DANGOL_RETURN_IF_ERROR(ApplyYaml(retailer, "year.yaml",
                                   Definitions(url, retailer.retail().options().start, &names)));
  DANGOL_RETURN_IF_ERROR(StartCampaigns(retailer, names));

  loadgen::VirtualTimeline timeline(retailer.connection());
  loadgen::Season season(retailer.connection(), timeline, retailer.retail(), receiver, truth);
  const Micros begin = SteadyMicros();
  DANGOL_RETURN_IF_ERROR(season.RunThrough(kDays - 1, nullptr));
  const double seconds = static_cast<double>(SteadyMicros() - begin) / 1e6;
  const double server_cpu_s = retailer.Cost().cpu_s;
  retailer.Stop();
  const std::string what =
      absl::StrCat("a simulated year, ", customers, " customers, ", names.size(), " campaigns");
  const double year_s = static_cast<double>(kDays * kMicrosPerDay / kMicrosPerSecond);
  return std::vector<Figure>{
      {what, seconds, "s", "the server's processor time, with loading", server_cpu_s, 0},
      {"... against the time simulated", year_s / seconds, "times", "", 0, 0},
      {"... its purchases", static_cast<double>(season.orders()), "", "", 0, 0},
      {"... its webhook posts", static_cast<double>(receiver.posts()), "", "", 0, 0}};
}

}  // namespace dangol::bench
