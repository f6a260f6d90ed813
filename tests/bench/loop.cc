#include "tests/bench/loop.h"

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "httplib.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "tools/client/apply.h"
#include "tools/client/call.h"
#include "tools/loadgen/feed.h"
#include "tools/loadgen/server_process.h"

namespace dangol::bench {
namespace {

constexpr Micros kPatience = 20 * kMicrosPerMinute;

// Records that some service has not handled, by the server's own gauges.
double Lag(int metrics_port) {
  httplib::Client http("127.0.0.1", metrics_port);
  const auto answer = http.Get("/metrics");
  if (!answer) return -1;
  double sum = 0;
  for (absl::string_view line : absl::StrSplit(answer->body, '\n')) {
    double value = 0;
    if (!absl::StartsWith(line, "dangol_lag_records{")) continue;
    if (absl::SimpleAtod(line.substr(line.rfind(' ') + 1), &value)) sum += value;
  }
  return sum;
}

absl::Status WaitUntilProcessed(client::Connection& connection, int metrics_port, int64_t orders) {
  const Micros give_up = SteadyMicros() + kPatience;
  profile::v1::Stats stats;
  while (SteadyMicros() < give_up) {
    DANGOL_RETURN_IF_ERROR(client::Retrying(kPatience, [&](grpc::ClientContext* context) {
      return connection.profile->GetStats(context, {}, &stats);
    }));
    if (stats.activities() == orders && Lag(metrics_port) == 0) return absl::OkStatus();
    absl::SleepFor(absl::Milliseconds(20));
  }
  return absl::DeadlineExceededError("the load was not processed");
}

}  // namespace

absl::StatusOr<std::vector<Figure>> MeasureLoop(const LoopOptions& options) {
  std::error_code error;
  std::filesystem::remove_all(options.work_dir, error);
  std::filesystem::create_directories(options.work_dir, error);
  loadgen::ServerProcess server({options.bin_dir + "/dangold",
                                 options.work_dir + "/data",
                                 "",
                                 options.work_dir + "/dangold.log",
                                 {}});
  DANGOL_RETURN_IF_ERROR(server.Start());
  rpc::ClientOptions client;
  client.target = server.target();
  DANGOL_ASSIGN_OR_RETURN(auto connection, client::Connection::Open(client));
  DANGOL_ASSIGN_OR_RETURN(const auto resources, client::ReadResources({options.examples_dir}));
  for (const auto& resource : resources) {
    DANGOL_RETURN_IF_ERROR(client::Apply(*connection, resource, false).status());
  }
  loadgen::RetailOptions retail_options;
  retail_options.customers = options.customers;
  retail_options.start = SystemClock().Now();
  const loadgen::Retail retail(retail_options);
  DANGOL_RETURN_IF_ERROR(loadgen::SendCustomers(*connection, retail, nullptr));
  DANGOL_RETURN_IF_ERROR(WaitUntilProcessed(*connection, server.metrics_port(), 0));

  const Micros begin = SteadyMicros();
  DANGOL_ASSIGN_OR_RETURN(const int64_t orders, loadgen::SendHistory(*connection, retail, nullptr));
  const double accepted_s = static_cast<double>(SteadyMicros() - begin) / 1e6;
  DANGOL_RETURN_IF_ERROR(WaitUntilProcessed(*connection, server.metrics_port(), orders));
  const double processed_s = static_cast<double>(SteadyMicros() - begin) / 1e6;
  server.Stop();

  const double accepted = static_cast<double>(orders) / accepted_s;
  return std::vector<Figure>{{"whole loop, durable", static_cast<double>(orders) / processed_s,
                              "activities/s", "the same stream, accepted only", accepted, 0},
                             {"accepted, durable", accepted, "activities/s", "", 0, 0}};
}

}  // namespace dangol::bench
