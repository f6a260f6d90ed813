// Clients push ten times what a real dangold can hold. It must refuse with RESOURCE_EXHAUSTED and
// say when to come again, stay within a stated memory, and process everything it acknowledged.
// Usage: dangol-overload --bin-dir DIR --examples DIR [--seconds 60]. Exit code 0: as promised.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "tests/bench/cost.h"
#include "tests/overload/flood.h"
#include "tools/client/apply.h"
#include "tools/client/call.h"
#include "tools/loadgen/server_process.h"

namespace dangol::overload {
namespace {

constexpr int64_t kCustomers = 2'000;
constexpr int kSegments = 40;  // what makes an activity costly
constexpr Micros kPatience = 10 * kMicrosPerMinute;
constexpr double kTimesTooMuch = 10;
constexpr double kMiB = 1 << 20;

// What the log may take, whatever waits: the cache of its tail (128 MiB) and four write buffers of
// 64 MiB.
constexpr double kLogBytes = (128 + 4 * 64) * kMiB;
// What a waiting record may take beside that. Each activity is read by up to this many services.
constexpr double kWaitingBytes = 1 << 10;
constexpr double kReaders = 4;

struct Options {
  std::string bin_dir, examples_dir, work_dir;
  double seconds = 5;
  uint64_t waiting = 20'000;
  int streams = 4;
  double times = kTimesTooMuch;
};

struct Peaks {
  double resident_bytes = 0;
  double waiting = 0;
};

// Looks at a server ten times a second.
class Sampler {
 public:
  explicit Sampler(const loadgen::ServerProcess& server)
      : thread_([this, &server] {
          while (!stopping_) {
            Look(server);
            absl::SleepFor(absl::Milliseconds(100));
          }
        }) {}
  ~Sampler() { Stop(); }
  Peaks Stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
    return peaks_;
  }

 private:
  void Look(const loadgen::ServerProcess& server) {
    peaks_.resident_bytes =
        std::max(peaks_.resident_bytes, bench::CostOf(server.pid()).resident_bytes);
    peaks_.waiting = std::max(
        peaks_.waiting, bench::Sum(bench::Metrics(server.metrics_port(), "dangol_lag_records{")));
  }

  Peaks peaks_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

class Test {
 public:
  explicit Test(const Options& options)
      : options_(options),
        server_({options.bin_dir + "/dangold",
                 options.work_dir + "/data",
                 "",
                 options.work_dir + "/dangold.log",
                 {"--partitions=4", absl::StrCat("--max-waiting-records=", options.waiting)}}) {}

  absl::Status Run();
  bool good() const { return good_; }

 private:
  void Check(bool good, const std::string& what) {
    std::printf("%s %s\n", good ? "ok   " : "WRONG", what.c_str());
    std::fflush(stdout);
    good_ = good_ && good;
  }
  absl::Status Start();
  absl::StatusOr<profile::v1::Stats> Stats();
  absl::Status AwaitProcessed(int64_t activities);
  // Activities a second that the loop holds, from a load that keeps it busy.
  absl::StatusOr<double> MeasureHeld();
  FloodCounts Push(double rate);
  void JudgeAnswers(const FloodCounts& counts);
  void JudgePeaks(const Peaks& peaks, double rest_bytes);

  const Options options_;
  loadgen::ServerProcess server_;
  std::unique_ptr<client::Connection> connection_;
  int64_t acknowledged_ = 0;
  bool good_ = true;
};

absl::Status Test::Start() {
  DANGOL_RETURN_IF_ERROR(server_.Start());
  rpc::ClientOptions client;
  client.target = server_.target();
  DANGOL_ASSIGN_OR_RETURN(connection_, client::Connection::Open(client));
  const std::string file = options_.work_dir + "/segments.yaml";
  std::ofstream yaml(file);
  for (int i = 0; i < kSegments; ++i) {
    yaml << "---\nkind: Segment\nname: crowd-" << i << "\nbusiness_unit: beauty\nexpression: "
         << "count(visit) IN LAST " << i + 1 << " DAYS >= " << i % 7 + 1 << "\n";
  }
  yaml.close();
  DANGOL_ASSIGN_OR_RETURN(const auto resources,
                          client::ReadResources({options_.examples_dir, file}));
  for (const auto& resource : resources) {
    DANGOL_RETURN_IF_ERROR(client::Apply(*connection_, resource, false).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<profile::v1::Stats> Test::Stats() {
  profile::v1::Stats stats;
  DANGOL_RETURN_IF_ERROR(client::Retrying(kPatience, [&](grpc::ClientContext* context) {
    return connection_->profile->GetStats(context, {}, &stats);
  }));
  return stats;
}

absl::Status Test::AwaitProcessed(int64_t activities) {
  const Micros give_up = SteadyMicros() + kPatience;
  while (SteadyMicros() < give_up) {
    DANGOL_ASSIGN_OR_RETURN(const auto stats, Stats());
    const double waiting =
        bench::Sum(bench::Metrics(server_.metrics_port(), "dangol_lag_records{"));
    // The gauge is up to a second old.
    if (waiting == 0 && stats.activities() >= activities) {
      Check(stats.activities() == activities && stats.duplicates() == 0,
            absl::StrFormat("%d acknowledged, %d processed, %d of them twice", activities,
                            stats.activities(), stats.duplicates()));
      return absl::OkStatus();
    }
    absl::SleepFor(absl::Milliseconds(50));
  }
  DANGOL_ASSIGN_OR_RETURN(const auto stats, Stats());
  return absl::DeadlineExceededError(
      absl::StrCat(activities, " acknowledged, ", stats.activities(), " processed after minutes"));
}

absl::StatusOr<double> Test::MeasureHeld() {
  // Ten activities of each customer: then what is at rest is known.
  FloodOptions options;
  options.streams = 1;
  options.batch = 100;
  options.in_flight = 2;
  options.fill = [](int64_t n, event::v1::Activity* to) { FillVisit("rest-", kCustomers, n, to); };
  const Micros begin = SteadyMicros();
  options.most = 10 * kCustomers;
  const FloodCounts counts = Flood(*connection_, options).Await();
  DANGOL_RETURN_IF_ERROR(counts.first_failure);
  acknowledged_ = counts.acknowledged;
  DANGOL_RETURN_IF_ERROR(AwaitProcessed(acknowledged_));
  return static_cast<double>(acknowledged_) * 1e6 / static_cast<double>(SteadyMicros() - begin);
}

FloodCounts Test::Push(double rate) {
  FloodOptions options;
  options.streams = options_.streams;
  options.rate = rate;
  options.most = static_cast<int64_t>(rate * options_.seconds);
  options.fill = [](int64_t n, event::v1::Activity* to) { FillVisit("flood-", kCustomers, n, to); };
  return Flood(*connection_, options).Await();
}

void Test::JudgeAnswers(const FloodCounts& counts) {
  Check(counts.refused > 0, absl::StrFormat("%d of %d refused with RESOURCE_EXHAUSTED",
                                            counts.refused, counts.offered));
  Check(counts.without_delay == 0, "each refusal says when to come again");
  Check(counts.failed == 0 && counts.first_failure.ok(),
        absl::StrCat("refused for no other reason ", counts.first_failure.ToString()));
  Check(counts.acknowledged + counts.refused == counts.offered, "each activity has an answer");
}

void Test::JudgePeaks(const Peaks& peaks, double rest_bytes) {
  const auto limit = static_cast<double>(options_.waiting);
  const double in_flight = 1'000.0 * 16 * options_.streams;
  const double most_waiting = kReaders * (limit + in_flight);
  Check(peaks.waiting <= most_waiting,
        absl::StrFormat("%.0f records waited, at most %.0f may", peaks.waiting, most_waiting));
  const double most = rest_bytes + kLogBytes + kWaitingBytes * most_waiting;
  Check(peaks.resident_bytes <= most,
        absl::StrFormat("%.0f MiB at rest, %.0f MiB at most, %.0f MiB may be", rest_bytes / kMiB,
                        peaks.resident_bytes / kMiB, most / kMiB));
  Check(server_.restarts() == 0, "the server lived");
}

absl::Status Test::Run() {
  DANGOL_RETURN_IF_ERROR(Start());
  DANGOL_ASSIGN_OR_RETURN(const double held, MeasureHeld());
  const double rest_bytes = bench::CostOf(server_.pid()).resident_bytes;
  Sampler sampler(server_);
  const Micros begin = SteadyMicros();
  const FloodCounts counts = Push(options_.times * held);
  acknowledged_ += counts.acknowledged;
  JudgeAnswers(counts);
  // What was taken without end is not waited for.
  if (good_) DANGOL_RETURN_IF_ERROR(AwaitProcessed(acknowledged_));
  std::printf("holds about %.0f activities/s; was offered %.0f/s; all done after %.1f s\n", held,
              static_cast<double>(counts.offered) / options_.seconds,
              static_cast<double>(SteadyMicros() - begin) / 1e6);
  JudgePeaks(sampler.Stop(), rest_bytes);
  server_.Stop();
  return absl::OkStatus();
}

}  // namespace
}  // namespace dangol::overload

int main(int argc, char** argv) {
  using dangol::overload::Options;
  CLI::App app{"dangol-overload: ten times what a server can hold"};
  Options options;
  app.add_option("--bin-dir", options.bin_dir, "where dangold is")->required();
  app.add_option("--examples", options.examples_dir, "definitions to apply")->required();
  app.add_option("--work", options.work_dir, "emptied first; default: a new directory");
  app.add_option("--seconds", options.seconds, "of pushing");
  app.add_option("--waiting", options.waiting, "the server's --max-waiting-records");
  app.add_option("--streams", options.streams, "clients that push");
  app.add_option("--times", options.times, "of what it can hold");
  CLI11_PARSE(app, argc, argv);
  std::error_code error;
  if (options.work_dir.empty()) {
    options.work_dir =
        std::filesystem::temp_directory_path(error) / absl::StrCat("dangol-overload-", getpid());
  }
  std::filesystem::remove_all(options.work_dir, error);
  std::filesystem::create_directories(options.work_dir, error);
  bool good = false;
  {
    dangol::overload::Test test(options);
    const absl::Status status = test.Run();
    if (!status.ok()) std::cerr << "overload: " << status << "\n";
    good = status.ok() && test.good();
  }
  if (good) {
    std::filesystem::remove_all(options.work_dir, error);
  } else {
    std::cerr << "it left behind: " << options.work_dir << "\n";
  }
  return good ? 0 : 1;
}
