#include "tests/bench/webhook.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "libs/obs/http.h"
#include "libs/obs/metrics.h"
#include "nlohmann/json.hpp"
#include "tests/bench/campaigns.h"
#include "tests/bench/disk.h"
#include "tests/bench/quantiles.h"
#include "tests/overload/flood.h"
#include "tools/client/call.h"

namespace dangol::bench {
namespace {

constexpr Micros kWarmUp = 3 * kMicrosPerSecond;
// So long a broker's Java machine still compiles what it runs.
constexpr Micros kClusterWarmUp = 60 * kMicrosPerSecond;
constexpr Micros kDuration = 20 * kMicrosPerSecond;
constexpr Micros kClusterDuration = 60 * kMicrosPerSecond;  // every service writes a checkpoint
constexpr Micros kPatience = kMicrosPerMinute;
constexpr int64_t kEveryTriggers = 50;
constexpr int64_t kTriggeringNet = 900'000'000;
constexpr double kMessagesASecond = 100;
constexpr int kConnections = 64;  // as the channel has at most
constexpr double kAimMs = 20;
constexpr double kClusterAimMs = 600;

// A service message, so that neither the hour nor caps hold it back; 1 % are held out.
constexpr char kSetup[] = R"(
kind: Channel
name: bench
consent_channel: push
address: user_id
webhook: {url: "%s", idempotent: true, max_in_flight: 64}
---
kind: Campaign
name: bench-trigger
business_unit: beauty
purpose: service
trigger:
  activity: {activity_kind: purchase, min_net_minor: 900000000}
audiences:
  - name: all
    cells:
      - {name: control, share: 1%%, is_control: true}
      - {name: message, share: 99%%, channel: bench, content: "Thank you."}
metrics:
  - {name: sales, measure: sum, activity_kind: purchase}
response_window: 7d
)";

// When each triggering purchase was sent, and when its message arrived. A customer has one.
class Stopwatch {
 public:
  explicit Stopwatch(int64_t customers) : sent_(customers), arrived_(customers) {}

  void Sent(int64_t customer) { sent_[customer] = SteadyMicros(); }
  void Arrived(int64_t customer) {
    const Micros now = SteadyMicros();
    if (arrived_[customer].exchange(now) == 0) ++arrivals_;
  }
  int64_t arrivals() const { return arrivals_; }
  // Of what was sent from `since` on.
  std::vector<double> LatenciesMs(Micros since) const {
    std::vector<double> ms;
    for (size_t i = 0; i < sent_.size(); ++i) {
      if (arrived_[i] == 0 || sent_[i] < since) continue;
      ms.push_back(static_cast<double>(arrived_[i] - sent_[i]) / 1e3);
    }
    return ms;
  }

 private:
  std::vector<std::atomic<Micros>> sent_, arrived_;
  std::atomic<int64_t> arrivals_{0};
};

absl::StatusOr<std::string> Listen(obs::HttpServer& http, const loadgen::Retail& retail,
                                   Stopwatch& watch) {
  http.AddHandler("POST", "/bench", [&retail, &watch](const obs::HttpRequest& request) {
    const auto json = nlohmann::json::parse(request.body, nullptr, false);
    const auto customer =
        json.is_object() ? retail.CustomerOf(json.value("address", "")) : std::optional<int64_t>();
    if (customer) watch.Arrived(*customer);
    return obs::HttpResponse{};
  });
  DANGOL_ASSIGN_OR_RETURN(const int port, http.Start());
  return absl::StrCat("http://127.0.0.1:", port, "/bench");
}

// Of the first `count` customers.
absl::Status ConsentToService(Retailer& retailer, int64_t count) {
  constexpr int64_t kBatch = 1'000;
  for (int64_t first = 0; first < count; first += kBatch) {
    profile::v1::UpsertCustomersRequest request;
    for (int64_t i = first; i < std::min(count, first + kBatch); ++i) {
      auto* upsert = request.add_upserts();
      upsert->set_message_id(absl::StrCat("bench-consent-", i));
      upsert->set_source("bench");
      upsert->set_business_unit("beauty");
      auto* id = upsert->add_identifiers();
      id->set_type(common::v1::IDENTIFIER_TYPE_USER_ID);
      id->set_value(loadgen::Retail::UserIdOf(i));
      auto* consent = upsert->add_consents();
      consent->set_channel("push");
      consent->set_purpose(profile::v1::CONSENT_PURPOSE_SERVICE);
      consent->set_granted(true);
      consent->set_evidence("bench");
      consent->set_observed_time_us(SystemClock().Now());
    }
    profile::v1::UpsertCustomersResponse response;
    DANGOL_RETURN_IF_ERROR(client::Retrying(kPatience, [&](grpc::ClientContext* context) {
      return retailer.connection().profile->UpsertCustomers(context, request, &response);
    }));
  }
  return absl::OkStatus();
}

absl::StatusOr<campaign::v1::Waterfall> ProgressOf(Retailer& retailer) {
  campaign::v1::GetProgressRequest request;
  request.set_campaign("bench-trigger");
  campaign::v1::Progress progress;
  DANGOL_RETURN_IF_ERROR(client::Retrying(kPatience, [&](grpc::ClientContext* context) {
    return retailer.connection().campaign->GetProgress(context, request, &progress);
  }));
  return progress.total();
}

// Until each of `selected` has come to an end.
absl::StatusOr<campaign::v1::Waterfall> AwaitEnd(Retailer& retailer, int64_t selected) {
  const Micros give_up = SteadyMicros() + kPatience;
  while (true) {
    DANGOL_ASSIGN_OR_RETURN(const auto total, ProgressOf(retailer));
    if (total.selected() == selected && total.pending() + total.in_flight() == 0) return total;
    if (SteadyMicros() > give_up) {
      return absl::DeadlineExceededError(
          absl::StrCat("messages are not out: ", total.ShortDebugString()));
    }
    absl::SleepFor(absl::Milliseconds(100));
  }
}

void FillPurchase(int64_t n, int64_t customers, int64_t triggering, Stopwatch* watch,
                  event::v1::Activity* to) {
  const bool triggers = n % kEveryTriggers == 0 && n / kEveryTriggers < triggering;
  const int64_t customer = triggers ? n / kEveryTriggers : n * 7'919 % customers;
  to->set_message_id(absl::StrCat("bench-", n));
  to->set_source("bench");
  to->set_business_unit("beauty");
  auto* id = to->add_identifiers();
  id->set_type(common::v1::IDENTIFIER_TYPE_USER_ID);
  id->set_value(loadgen::Retail::UserIdOf(customer));
  to->set_occurred_time_us(SystemClock().Now());
  to->mutable_purchase()->set_net_minor(triggers ? kTriggeringNet : 10'000);
  to->mutable_purchase()->set_quantity(1);
  if (triggers) watch->Sent(customer);
}

void AddSyncs(const SyncWatch::Counts& counts, double sync_ms, std::vector<Figure>* figures) {
  if (counts.seconds <= 0) return;
  figures->push_back({"log syncs at half load", counts.syncs / counts.seconds, "syncs/s",
                      "appends and syncs of an empty file there", 1e3 / sync_ms, 0});
  figures->push_back(
      {"commits and appends that share a sync", counts.writes / counts.syncs, "", "", 0, 0});
}

}  // namespace

absl::StatusOr<std::vector<Figure>> MeasureWebhook(Retailer& retailer, double rate) {
  const int64_t customers = retailer.options().customers;
  const Micros warm_up = retailer.on_cluster() ? kClusterWarmUp : kWarmUp;
  const Micros duration = warm_up + (retailer.on_cluster() ? kClusterDuration : kDuration);
  const auto triggering = std::min<int64_t>(
      customers, static_cast<int64_t>(rate * duration / kMicrosPerSecond / kEveryTriggers));
  Stopwatch watch(customers);
  obs::Metrics metrics;
  obs::HttpOptions http_options;
  http_options.threads = kConnections + 2;
  obs::HttpServer http(http_options, &metrics);
  DANGOL_ASSIGN_OR_RETURN(const std::string url, Listen(http, retailer.retail(), watch));
  DANGOL_RETURN_IF_ERROR(ApplyYaml(retailer, "trigger.yaml", absl::StrFormat(kSetup, url)));
  DANGOL_RETURN_IF_ERROR(StartCampaigns(retailer, {"bench-trigger"}));
  DANGOL_RETURN_IF_ERROR(ConsentToService(retailer, triggering));
  DANGOL_ASSIGN_OR_RETURN(const double sync_ms, SyncMs(retailer.options().work_dir));

  overload::FloodOptions flood_options;
  flood_options.streams = 1;
  flood_options.batch = std::max(1, static_cast<int>(rate / kMessagesASecond));
  flood_options.in_flight = 1'000;
  flood_options.rate = rate;
  flood_options.most = static_cast<int64_t>(rate * duration / kMicrosPerSecond);
  flood_options.fill = [&](int64_t n, event::v1::Activity* to) {
    FillPurchase(n, customers, triggering, &watch, to);
  };
  const Micros begin = SteadyMicros();
  std::optional<SyncWatch> syncs;  // of dangold's own log
  if (!retailer.on_cluster()) syncs.emplace(retailer.metrics_port());
  const overload::FloodCounts counts =
      overload::Flood(retailer.connection(), flood_options).Await();
  const double sent_rate =
      static_cast<double>(counts.offered) * 1e6 / static_cast<double>(SteadyMicros() - begin);
  DANGOL_RETURN_IF_ERROR(counts.first_failure);
  const int64_t selected =
      std::min(triggering, (counts.offered + kEveryTriggers - 1) / kEveryTriggers);
  DANGOL_ASSIGN_OR_RETURN(const auto total, AwaitEnd(retailer, selected));
  const SyncWatch::Counts synced = syncs ? syncs->Stop() : SyncWatch::Counts();
  http.Stop();
  if (watch.arrivals() != total.sent()) {
    return absl::InternalError(absl::StrCat(watch.arrivals(), " messages arrived, ", total.sent(),
                                            " were sent: ", total.ShortDebugString()));
  }
  std::vector<Figure> figures;
  AddLatencies(absl::StrFormat("event to webhook at %.0f activities/s, %.0f sends/s", sent_rate,
                               sent_rate / kEveryTriggers),
               watch.LatenciesMs(begin + warm_up), "an append and its fdatasync there", sync_ms,
               retailer.on_cluster() ? kClusterAimMs : kAimMs, &figures);
  AddSyncs(synced, sync_ms, &figures);
  return figures;
}

}  // namespace dangol::bench
