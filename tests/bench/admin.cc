#include "tests/bench/admin.h"

#include <algorithm>
#include <functional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "tests/bench/health.h"
#include "tests/bench/quantiles.h"
#include "tests/overload/flood.h"
#include "tools/client/call.h"

namespace dangol::bench {
namespace {

constexpr int64_t kCustomers = 5'000;
constexpr Micros kAtRest = 2 * kMicrosPerSecond;
constexpr Micros kFillUp = 3 * kMicrosPerSecond;
constexpr Micros kDuration = 10 * kMicrosPerSecond;
constexpr Micros kTimeout = 30 * kMicrosPerSecond;
// Refusals begin in the first second.
constexpr char kWaiting[] = "--max-waiting-records=100000";

struct Method {
  std::string name;
  std::function<absl::Status()> call;
  std::vector<double> rest_ms, overload_ms;
  absl::Status failed;
};

std::vector<Method> Methods(client::Connection& connection) {
  std::vector<Method> methods;
  methods.push_back({"health", [&] { return CheckHealth(connection.channels.begin()->second); }});
  methods.push_back({"GetCampaign", [&] {
                       campaign::v1::GetCampaignRequest request;
                       request.set_name("winback");
                       campaign::v1::Campaign campaign;
                       return client::Once(kTimeout, [&](grpc::ClientContext* context) {
                         return connection.campaign->GetCampaign(context, request, &campaign);
                       });
                     }});
  methods.push_back({"GetStats", [&] {
                       profile::v1::Stats stats;
                       return client::Once(kTimeout, [&](grpc::ClientContext* context) {
                         return connection.profile->GetStats(context, {}, &stats);
                       });
                     }});
  return methods;
}

// One caller of each method, one call after the other.
absl::Status CallFor(Micros duration, std::vector<Method>* methods,
                     std::vector<double> Method::*into) {
  std::vector<std::thread> threads;
  for (Method& method : *methods) {
    threads.emplace_back([&method, duration, into] {
      const Micros end = SteadyMicros() + duration;
      while (method.failed.ok() && SteadyMicros() < end) {
        const Micros begin = SteadyMicros();
        method.failed = method.call();
        (method.*into).push_back(static_cast<double>(SteadyMicros() - begin) / 1e3);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Method& method : *methods) DANGOL_RETURN_IF_ERROR(method.failed);
  return absl::OkStatus();
}

double MedianOf(std::vector<double> ms) {
  std::sort(ms.begin(), ms.end());
  return Quantile(ms, 0.5);
}

}  // namespace

absl::StatusOr<std::vector<Figure>> MeasureAdmin(const BenchOptions& given, double loop) {
  BenchOptions options = given;
  options.customers = std::min(given.customers, kCustomers);
  options.work_dir = given.work_dir + "-admin";
  options.server_flags.push_back(kWaiting);
  Retailer retailer(options);
  DANGOL_RETURN_IF_ERROR(retailer.Start());
  DANGOL_RETURN_IF_ERROR(retailer.SendCustomers());
  DANGOL_RETURN_IF_ERROR(retailer.WaitUntilProcessed(0));
  std::vector<Method> methods = Methods(retailer.connection());
  DANGOL_RETURN_IF_ERROR(CallFor(kAtRest, &methods, &Method::rest_ms));

  overload::FloodOptions flood_options;
  flood_options.rate = 10 * loop;
  flood_options.fill = [&](int64_t n, event::v1::Activity* to) {
    overload::FillVisit("flood-", options.customers, n, to);
  };
  const Micros begin = SteadyMicros();
  overload::Flood flood(retailer.connection(), flood_options);
  absl::SleepFor(absl::Microseconds(kFillUp));
  const absl::Status called = CallFor(kDuration, &methods, &Method::overload_ms);
  const overload::FloodCounts counts = flood.Stop();
  const double seconds = static_cast<double>(SteadyMicros() - begin) / 1e6;
  DANGOL_RETURN_IF_ERROR(called);
  DANGOL_RETURN_IF_ERROR(counts.first_failure);
  retailer.Stop();

  std::vector<Figure> figures;
  figures.push_back({"offered under overload", static_cast<double>(counts.offered) / seconds,
                     "activities/s", "whole loop of this run", loop, 0});
  const double empty = MedianOf(methods.front().overload_ms);
  for (const Method& method : methods) {
    AddLatencies(absl::StrCat(method.name, " at rest"), method.rest_ms, "health at rest, p50",
                 MedianOf(methods.front().rest_ms), 0, &figures);
    AddLatencies(absl::StrCat(method.name, " under overload"), method.overload_ms,
                 "health under overload, p50", empty, 0, &figures);
  }
  return figures;
}

}  // namespace dangol::bench
