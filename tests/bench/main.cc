#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <iostream>
#include <set>

#include "absl/strings/str_cat.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "tests/bench/admin.h"
#include "tests/bench/checkpoints.h"
#include "tests/bench/decide.h"
#include "tests/bench/loop.h"
#include "tests/bench/webhook.h"
#include "tests/bench/year.h"

namespace dangol::bench {
namespace {

constexpr const char* kParts[] = {"loop",        "webhook", "decide", "admin",
                                  "checkpoints", "restart", "year"};

struct Plan {
  BenchOptions options;
  std::string out;
  std::vector<std::string> parts;  // empty: all
  int64_t year_customers = 10'000;
  double rate = 0;  // of activities while messages are timed; 0: half of what the loop holds

  bool Has(const std::string& part) const {
    const bool of_cluster = part == "loop" || part == "webhook" || part == "decide";
    if (!options.cluster.server.empty() && !of_cluster) return false;
    if (parts.empty() || std::count(parts.begin(), parts.end(), part) > 0) return true;
    // What others are measured against.
    return part == "loop" && (Has("admin") || (Has("webhook") && rate == 0));
  }
};

class Bench {
 public:
  explicit Bench(const Plan& plan) : plan_(plan) {}

  // What was measured before an error is told, too.
  absl::Status Run() {
    const absl::Status status = Measure();
    Print(figures_);
    DANGOL_RETURN_IF_ERROR(Write(figures_, plan_.out + "/results.json"));
    return status;
  }

 private:
  using Figures = absl::StatusOr<std::vector<Figure>>;

  absl::Status Measure() {
    DANGOL_RETURN_IF_ERROR(RunRetailer());
    DANGOL_RETURN_IF_ERROR(Part("admin", [&] { return MeasureAdmin(plan_.options, Loop()); }));
    return Part("year", [&] { return MeasureYear(plan_.options, plan_.year_customers); });
  }

  absl::Status Add(const std::string& name, const std::function<Figures()>& measure) {
    const Micros begin = SteadyMicros();
    const Figures figures = measure();
    if (!figures.ok()) {
      return absl::Status(figures.status().code(),
                          absl::StrCat(name, ": ", figures.status().message()));
    }
    figures_.insert(figures_.end(), figures->begin(), figures->end());
    std::cerr << name << ": " << (SteadyMicros() - begin) / kMicrosPerSecond << " s\n";
    return absl::OkStatus();
  }
  absl::Status Part(const std::string& name, const std::function<Figures()>& measure) {
    return plan_.Has(name) ? Add(name, measure) : absl::OkStatus();
  }

  // What is measured on one and the same server.
  absl::Status RunRetailer() {
    const bool any = std::any_of(std::begin(kParts), std::end(kParts), [&](const std::string& p) {
      return p != "admin" && p != "year" && plan_.Has(p);
    });
    if (!any) return absl::OkStatus();
    Retailer retailer(plan_.options);
    DANGOL_RETURN_IF_ERROR(retailer.Start());
    DANGOL_RETURN_IF_ERROR(Add("import", [&] { return MeasureImport(retailer); }));
    DANGOL_RETURN_IF_ERROR(Part("loop", [&] { return MeasureLoop(retailer); }));
    DANGOL_RETURN_IF_ERROR(Part("webhook", [&] {
      return MeasureWebhook(retailer, plan_.rate > 0 ? plan_.rate : Loop() / 2);
    }));
    DANGOL_RETURN_IF_ERROR(Part("decide", [&] { return MeasureDecide(retailer); }));
    DANGOL_RETURN_IF_ERROR(Part("checkpoints", [&] { return MeasureCheckpoints(retailer); }));
    DANGOL_RETURN_IF_ERROR(Part("restart", [&] { return MeasureRestart(retailer); }));
    if (!retailer.on_cluster()) retailer.Stop();
    return absl::OkStatus();
  }

  double Loop() const {
    for (const Figure& figure : figures_) {
      if (figure.name == kWholeLoop) return figure.value;
    }
    return 0;
  }

  const Plan& plan_;
  std::vector<Figure> figures_;
};

}  // namespace
}  // namespace dangol::bench

int main(int argc, char** argv) {
  using dangol::bench::kParts;
  CLI::App app{"dangol-bench: speed of the whole loop, as ratios against peers of the same run"};
  dangol::bench::Plan plan;
  auto& options = plan.options;
  app.add_option("--bin-dir", options.bin_dir, "where dangold is")->required();
  app.add_option("--examples", options.examples_dir, "definitions to evaluate")->required();
  app.add_option("--out", plan.out, "directory of results.json")->required();
  app.add_option("--customers", options.customers, "size of the retailer")->take_last();
  app.add_option("--activities", options.activities, "orders to send, at most")->take_last();
  app.add_option("--year-customers", plan.year_customers, "size of the simulated year's retailer");
  app.add_option("--rate", plan.rate,
                 "activities/s while messages are timed; default: half of what the loop holds");
  app.add_option("--only", plan.parts, "parts to measure, with commas; default: all")
      ->delimiter(',')
      ->check(CLI::IsMember(std::set<std::string>(std::begin(kParts), std::end(kParts))));
  app.add_option("--server-flag", options.server_flags, "given to dangold, e.g. --workers=1");
  auto& cluster = options.cluster;
  app.add_option("--server", cluster.server, "an empty cluster of this machine, all five services");
  app.add_option("--metrics-ports", cluster.metrics_ports, "of its services")->delimiter(',');
  app.add_option("--pids", cluster.services, "of its services")->delimiter(',');
  app.add_option("--broker-pid", cluster.broker, "of its Kafka broker");
  CLI11_PARSE(app, argc, argv);
  options.work_dir = plan.out + "/work";
  const absl::Status status = dangol::bench::Bench(plan).Run();
  if (!status.ok()) std::cerr << "bench: " << status << "\n";
  return status.ok() ? 0 : 1;
}
