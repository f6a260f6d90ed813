#include "tests/bench/retailer.h"

#include <algorithm>
#include <filesystem>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "dangol/common/v1/business_unit.pb.h"
#include "libs/base/calendar.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "tools/client/apply.h"
#include "tools/client/call.h"
#include "tools/loadgen/feed.h"

namespace dangol::bench {
namespace {

constexpr Micros kPatience = 20 * kMicrosPerMinute;

// Beyond this many, what they are like is not kept in this process.
constexpr int64_t kMostRemembered = 2'000'000;

loadgen::RetailOptions RetailOf(const BenchOptions& options) {
  loadgen::RetailOptions retail;
  retail.customers = options.customers;
  retail.remember_habits = options.customers <= kMostRemembered;
  const auto start = ParseTime(options.start, absl::UTCTimeZone());
  retail.start = start.ok() ? *start : SystemClock().Now();
  return retail;
}

// Keeps the latest `most`, in any order.
void KeepLatest(size_t most, std::vector<loadgen::Order>* orders) {
  if (orders->size() <= most) return;
  const auto end = orders->begin() + static_cast<ptrdiff_t>(most);
  std::nth_element(orders->begin(), end, orders->end(),
                   [](const auto& a, const auto& b) { return a.time > b.time; });
  orders->erase(end, orders->end());
}

}  // namespace

Retailer::Retailer(const BenchOptions& options) : options_(options), retail_(RetailOf(options)) {
  std::error_code error;
  std::filesystem::remove_all(options_.work_dir, error);
  std::filesystem::create_directories(options_.work_dir, error);
  if (on_cluster()) return;
  server_ = std::make_unique<loadgen::ServerProcess>(loadgen::ServerProcess::Options{
      options_.bin_dir + "/dangold", options_.work_dir + "/data", options_.start,
      options_.work_dir + "/dangold.log", options_.server_flags});
}

absl::Status Retailer::Connect() {
  rpc::ClientOptions client;
  client.target = target();
  DANGOL_ASSIGN_OR_RETURN(connection_, client::Connection::Open(client));
  return absl::OkStatus();
}

absl::Status Retailer::Start() {
  if (!on_cluster()) DANGOL_RETURN_IF_ERROR(server_->Start());
  DANGOL_RETURN_IF_ERROR(Connect());
  DANGOL_ASSIGN_OR_RETURN(const auto resources, client::ReadResources({options_.examples_dir}));
  for (const auto& resource : resources) {
    // Messages are timed at any hour.
    auto* unit = dynamic_cast<common::v1::BusinessUnit*>(resource.message.get());
    if (unit != nullptr) unit->clear_quiet_hours();
    DANGOL_RETURN_IF_ERROR(client::Apply(*connection_, resource, false).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<double> Retailer::Restart() {
  server_->Stop();
  const Micros begin = SteadyMicros();
  DANGOL_RETURN_IF_ERROR(server_->Start());
  const double seconds = static_cast<double>(SteadyMicros() - begin) / 1e6;
  DANGOL_RETURN_IF_ERROR(Connect());
  return seconds;
}

ProcessCost Retailer::Cost() const {
  if (!on_cluster()) return CostOf(server_->pid());
  ProcessCost sum;
  for (pid_t pid : options_.cluster.services) {
    const ProcessCost one = CostOf(pid);
    sum.cpu_s += one.cpu_s;
    sum.disk_write_bytes += one.disk_write_bytes;
    sum.resident_bytes += one.resident_bytes;
  }
  return sum;
}

std::map<std::string, double> Retailer::Samples(absl::string_view prefix) const {
  if (!on_cluster()) return Metrics(metrics_port(), prefix);
  std::map<std::string, double> sums;
  for (int port : options_.cluster.metrics_ports) {
    for (const auto& [name, value] : Metrics(port, prefix)) sums[name] += value;
  }
  return sums;
}

absl::Status Retailer::SendCustomers() {
  return loadgen::SendCustomers(*connection_, retail_, nullptr);
}

std::vector<loadgen::Order> Retailer::Orders() const {
  const auto most = static_cast<size_t>(options_.activities);
  std::vector<loadgen::Order> orders;
  for (int64_t i = 0; i < options_.customers && most > 0; ++i) {
    for (loadgen::Order& order : retail_.History(i)) orders.push_back(std::move(order));
    if (orders.size() > 3 * most) KeepLatest(most, &orders);
  }
  KeepLatest(most, &orders);
  std::sort(orders.begin(), orders.end(),
            [](const auto& a, const auto& b) { return a.time < b.time; });
  return orders;
}

absl::Status Retailer::WaitUntilProcessed(int64_t activities) {
  const Micros give_up = SteadyMicros() + kPatience;
  profile::v1::Stats stats;
  while (SteadyMicros() < give_up) {
    DANGOL_RETURN_IF_ERROR(client::Retrying(kPatience, [&](grpc::ClientContext* context) {
      return connection_->profile->GetStats(context, {}, &stats);
    }));
    if (stats.activities() == activities && Sum(Samples("dangol_lag_records{")) == 0) {
      return absl::OkStatus();
    }
    absl::SleepFor(absl::Milliseconds(50));
  }
  return absl::DeadlineExceededError("the load was not processed");
}

}  // namespace dangol::bench
