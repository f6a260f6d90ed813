#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "libs/backbone/kafka/local_checkpoints.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "libs/stream/runtime.h"
#include "tests/bench/cost.h"
#include "tests/bench/quantiles.h"
#include "tests/bench/streams/load.h"
#include "tests/bench/streams/two_stage.h"

namespace dangol::bench::streams {
namespace {

struct Options {
  kafka::Settings kafka;
  LoadOptions load;
  std::string work_dir;
  int workers = 2;
  pid_t broker = 0;
  double warm_up_s = 5;
};

std::atomic<bool> stopping{false};

// What both sides print: inputs a second, processor time an input.
void PrintResult(double seconds, double own_cpu_s, double broker_cpu_s, const Counts& counts) {
  const auto inputs = static_cast<double>(counts.activities);
  std::printf(
      "{\"rate\": %.0f, \"cpu_us\": %.2f, \"broker_cpu_us\": %.2f, \"changes\": %lld, "
      "\"contacts\": %lld}\n",
      inputs / seconds, own_cpu_s * 1e6 / inputs, broker_cpu_s * 1e6 / inputs,
      static_cast<long long>(counts.changes_out), static_cast<long long>(counts.contacts));
}

// Handles topic customer from its beginning; until so many records are through, or SIGTERM.
absl::Status Run(const Options& options) {
  SystemClock clock;
  Counts counts;
  DANGOL_ASSIGN_OR_RETURN(const auto log, KafkaLog::Open(options.kafka));
  DANGOL_ASSIGN_OR_RETURN(
      const auto checkpoints,
      kafka::LocalCheckpoints::Open(options.work_dir, log->partitions(), &log->marks(), &clock));
  RuntimeOptions runtime_options;
  runtime_options.workers = options.workers;
  runtime_options.trim_topics = false;
  CommitSeldom(&runtime_options);
  Runtime runtime(log.get(), checkpoints.get(), &clock, TwoStages(&counts), runtime_options);
  const double own = CostOf(getpid()).cpu_s, broker = CostOf(options.broker).cpu_s;
  DANGOL_RETURN_IF_ERROR(runtime.Start());
  std::puts("READY");
  std::fflush(stdout);
  Micros begin = 0;
  const auto through = [&] {
    if (begin == 0 && counts.activities > 0) begin = SteadyMicros();
    return options.load.records > 0 && counts.activities >= options.load.records &&
           counts.changes_in == counts.changes_out;
  };
  while (!through() && !stopping) absl::SleepFor(absl::Milliseconds(2));
  const double seconds = static_cast<double>(SteadyMicros() - begin) / 1e6;
  PrintResult(seconds, CostOf(getpid()).cpu_s - own, CostOf(options.broker).cpu_s - broker, counts);
  runtime.Stop();
  return absl::OkStatus();
}

absl::Status Load(const Options& options) {
  DANGOL_ASSIGN_OR_RETURN(const auto log, KafkaLog::Open(options.kafka));
  return SendActivities(*log, options.load);
}

absl::Status Latency(const Options& options) {
  DANGOL_ASSIGN_OR_RETURN(const auto log, KafkaLog::Open(options.kafka));
  DANGOL_ASSIGN_OR_RETURN(
      std::vector<double> ms,
      ContactLatencies(*log, options.load, static_cast<Micros>(options.warm_up_s * 1e6)));
  std::sort(ms.begin(), ms.end());
  std::printf("{\"timed_contacts\": %zu, \"p50_ms\": %.1f, \"p99_ms\": %.1f}\n", ms.size(),
              Quantile(ms, 0.5), Quantile(ms, 0.99));
  return absl::OkStatus();
}

}  // namespace
}  // namespace dangol::bench::streams

int main(int argc, char** argv) {
  using namespace dangol::bench::streams;
  CLI::App app{"dangol-streams: two stages of per-customer work on the engine, over Kafka"};
  Options options;
  app.add_option("--broker", options.kafka.bootstrap_servers, "host:port")->required();
  app.add_option("--prefix", options.kafka.prefix, "of topics that are there")->required();
  app.add_option("--records", options.load.records, "activities; run: 0 goes on until SIGTERM");
  app.add_option("--customers", options.load.customers, "they belong to");
  app.add_option("--rate", options.load.rate, "activities a second");
  app.add_option("--seed", options.load.seed, "another seed, other activities");
  app.add_option("--warm-up", options.warm_up_s, "seconds that do not count");
  app.add_option("--work-dir", options.work_dir, "of checkpoints");
  app.add_option("--workers", options.workers, "threads");
  app.add_option("--broker-pid", options.broker, "whose processor time counts, too");
  app.require_subcommand(1);
  const auto* run = app.add_subcommand("run", "the two stages");
  const auto* load = app.add_subcommand("load", "send activities");
  app.add_subcommand("latency", "send at a rate, and time the contacts");
  CLI11_PARSE(app, argc, argv);
  if (!*run) options.kafka.instance = "generator";  // who writes is not who handles
  signal(SIGTERM, [](int) { stopping = true; });
  const absl::Status status = *run ? Run(options) : *load ? Load(options) : Latency(options);
  if (!status.ok()) std::fprintf(stderr, "streams: %s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
