#include "tests/bench/loop.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "tools/loadgen/feed.h"

namespace dangol::bench {
namespace {

constexpr char kStageCpu[] = "dangol_stage_cpu_seconds_total{";
constexpr char kStageBytes[] = "dangol_stage_bytes_total{";
constexpr char kCheckpoints[] = "dangol_checkpoint_seconds_";

// Everything that is read before and after.
struct Reading {
  ProcessCost server, generator, broker;
  std::map<std::string, double> cpu, bytes, checkpoints;
};

Reading Read(const Retailer& retailer) {
  return {retailer.Cost(),
          CostOf(getpid()),
          CostOf(retailer.options().cluster.broker),
          retailer.Samples(kStageCpu),
          retailer.Samples(kStageBytes),
          retailer.Samples(kCheckpoints)};
}

// profile of dangol_stage_cpu_seconds_total{stage="profile"}.
std::string StageOf(const std::string& sample) {
  const size_t begin = sample.find('"') + 1;
  return sample.substr(begin, sample.rfind('"') - begin);
}

double Change(const std::map<std::string, double>& before,
              const std::map<std::string, double>& after, const std::string& name) {
  const auto was = before.find(name);
  const auto is = after.find(name);
  return (is == after.end() ? 0 : is->second) - (was == before.end() ? 0 : was->second);
}

void AddCosts(const Reading& before, const Reading& after, double activities,
              std::vector<Figure>* figures) {
  const auto per_activity_us = [&](double seconds) { return seconds * 1e6 / activities; };
  const auto cpu = [&](const std::string& name, double seconds) {
    figures->push_back({absl::StrCat("processor time, ", name), per_activity_us(seconds),
                        "us/activity", "", 0, 0});
  };
  const double server = after.server.cpu_s - before.server.cpu_s;
  cpu("server", server);
  double stages = 0;
  for (const auto& [name, seconds] : after.cpu) {
    const double spent = Change(before.cpu, after.cpu, name);
    stages += spent;
    cpu("... " + StageOf(name), spent);
  }
  cpu("... gRPC, ingest, log, checkpoints", server - stages);
  const double broker = after.broker.cpu_s - before.broker.cpu_s;
  if (broker > 0) cpu("Kafka broker", broker);
  cpu("load generator", after.generator.cpu_s - before.generator.cpu_s);
  for (const auto& [name, bytes] : after.bytes) {
    figures->push_back({absl::StrCat("changes and emits, ", StageOf(name)),
                        Change(before.bytes, after.bytes, name) / activities, "bytes/activity", "",
                        0, 0});
  }
  figures->push_back({"written to disk",
                      (after.server.disk_write_bytes - before.server.disk_write_bytes) / activities,
                      "bytes/activity", "", 0, 0});
}

void AddCheckpoints(const Reading& before, const Reading& after, double seconds,
                    std::vector<Figure>* figures) {
  const double spent =
      Change(before.checkpoints, after.checkpoints, absl::StrCat(kCheckpoints, "sum"));
  figures->push_back({"checkpoints, share of the time", spent / seconds, "of a core", "", 0, 0});
}

// The first half, not timed: the broker's Java compiler takes a fifth of the machine meanwhile.
absl::Status WarmUp(Retailer& retailer, std::vector<loadgen::Order>* orders) {
  const auto half = static_cast<ptrdiff_t>(orders->size() / 2);
  const std::vector<loadgen::Order> first(orders->begin(), orders->begin() + half);
  orders->erase(orders->begin(), orders->begin() + half);
  DANGOL_RETURN_IF_ERROR(loadgen::SendOrders(retailer.connection(), first, nullptr));
  return retailer.WaitUntilProcessed(half);
}

double Seconds(Micros since) { return static_cast<double>(SteadyMicros() - since) / 1e6; }

}  // namespace

absl::StatusOr<std::vector<Figure>> MeasureImport(Retailer& retailer) {
  const auto customers = static_cast<double>(retailer.options().customers);
  const Micros begin = SteadyMicros();
  DANGOL_RETURN_IF_ERROR(retailer.SendCustomers());
  DANGOL_RETURN_IF_ERROR(retailer.WaitUntilProcessed(0));
  const double imported = customers / Seconds(begin);
  const double gib = retailer.Cost().resident_bytes / (1 << 30);
  return std::vector<Figure>{
      {"customers imported", imported, "rows/s", "", 0, 0},
      {"customers in memory, without activities", customers / gib, "customers/GiB", "", 0, 0}};
}

absl::StatusOr<std::vector<Figure>> MeasureLoop(Retailer& retailer) {
  std::vector<Figure> figures;
  const auto customers = static_cast<double>(retailer.options().customers);
  std::vector<loadgen::Order> orders = retailer.Orders();
  const auto all = static_cast<int64_t>(orders.size());
  if (retailer.on_cluster()) {
    DANGOL_RETURN_IF_ERROR(WarmUp(retailer, &orders));
  }
  const auto activities = static_cast<double>(orders.size());

  const Reading before = Read(retailer);
  const Micros begin = SteadyMicros();
  DANGOL_RETURN_IF_ERROR(loadgen::SendOrders(retailer.connection(), orders, nullptr));
  const double accepted = activities / Seconds(begin);
  DANGOL_RETURN_IF_ERROR(retailer.WaitUntilProcessed(all));
  const double seconds = Seconds(begin);
  const Reading after = Read(retailer);

  figures.push_back({kWholeLoop, activities / seconds, "activities/s",
                     "the same stream, accepted only", accepted, 150'000});
  figures.push_back({"accepted, durable", accepted, "activities/s", "", 0, 0});
  AddCosts(before, after, activities, &figures);
  AddCheckpoints(before, after, seconds, &figures);
  figures.push_back({"customers in memory", customers / (after.server.resident_bytes / (1 << 30)),
                     "customers/GiB", "", 0, 0});
  return figures;
}

absl::StatusOr<std::vector<Figure>> MeasureRestart(Retailer& retailer) {
  DANGOL_ASSIGN_OR_RETURN(const double restart, retailer.Restart());
  return std::vector<Figure>{
      {absl::StrCat("restart with ", retailer.options().customers, " customers"), restart, "s", "",
       0, 0}};
}

}  // namespace dangol::bench
