// The runtime with its threads: the wall clock, several workers, callers on other threads.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "libs/backbone/testing/sim_log.h"
#include "libs/base/status.h"
#include "libs/stream/runtime.h"
#include "libs/stream/testing/toy.h"

namespace dangol {
namespace {

// Messages that have come to the end of the toy, of all customers "k".
int64_t Counted(Runtime& runtime, Micros deadline) {
  int64_t count = 0;
  const auto add = [&](Processor&, StateView& view) {
    count += toy::NumberAt(view, Table::kCustomer, "k");
    return absl::OkStatus();
  };
  EXPECT_EQ(runtime.ReadAll(Service::kCampaign, deadline, add), absl::OkStatus());
  return count;
}

Micros Soon() { return SteadyMicros() + 30 * kMicrosPerSecond; }

TEST(ThreadTest, CallersRecordsAndReadsTogether) {
  SimLog log({.partitions = 4, .faults = {.commit_unavailable = 0.05}});
  SimCheckpoints store;
  SystemClock clock;
  toy::Behaviour behaviour;
  RuntimeOptions options;
  options.workers = 3;
  Runtime runtime(&log, &store, &clock, toy::Specs(&behaviour), options);
  ASSERT_TRUE(runtime.Start().ok());
  constexpr int kCallers = 4, kCalls = 50;
  std::vector<std::thread> callers;
  callers.reserve(kCallers);
  for (int c = 0; c < kCallers; ++c) {
    callers.emplace_back([&runtime, c] {
      for (int i = 0; i < kCalls; ++i) {
        const auto p = static_cast<Partition>(i % 4);
        EXPECT_TRUE(runtime.Append(Topic::kIngest, p, {{"k", absl::StrCat(c, "/", i)}}).ok());
        auto sum = runtime.Execute({Service::kCampaign, 0}, "add", {"ann", {}, ""}, Soon());
        EXPECT_TRUE(sum.ok()) << sum.status();
        if (i % 10 == 0) runtime.CheckpointSoon();
      }
    });
  }
  for (std::thread& t : callers) t.join();
  ASSERT_TRUE(runtime.WaitIdle(Soon()).ok());
  int64_t sum = 0, count = 0;
  ASSERT_TRUE(runtime
                  .ReadAll(Service::kCampaign, Soon(),
                           [&](Processor&, StateView& view) {
                             sum += toy::NumberAt(view, Table::kShared, "sum");
                             count += toy::NumberAt(view, Table::kCustomer, "k");
                             return absl::OkStatus();
                           })
                  .ok());
  EXPECT_EQ(sum, kCallers * kCalls);
  EXPECT_EQ(count, kCallers * kCalls);
  EXPECT_TRUE(runtime.Halted().empty());
  runtime.Stop();
}

// Stands still at the first record until it is let go.
class StandingFront : public toy::Front {
 public:
  StandingFront(const toy::Behaviour* behaviour, std::shared_future<void> go,
                std::promise<void>* stood = nullptr)
      : Front(behaviour), go_(std::move(go)), stood_(stood) {}
  absl::Status Handle(const Event& event, Context& ctx) override {
    if (stood_ != nullptr) std::exchange(stood_, nullptr)->set_value();
    go_.wait();
    return Front::Handle(event, ctx);
  }

 private:
  std::shared_future<void> go_;
  std::promise<void>* stood_;  // told of the first record
};

// Regression: while a worker stood still, or could not commit, /healthz did not answer.
TEST(ThreadTest, HealthIsToldWhileAWorkerStandsStill) {
  SimLog log({.partitions = 1});
  SimCheckpoints store;
  SystemClock clock;
  toy::Behaviour behaviour;
  std::promise<void> stood, go;
  std::vector<ServiceSpec> specs = toy::Specs(&behaviour);
  specs[0].make = [&, future = go.get_future().share()](Scope) {
    return std::make_unique<StandingFront>(&behaviour, future, &stood);
  };
  RuntimeOptions options;
  options.workers = 1;
  Runtime runtime(&log, &store, &clock, std::move(specs), options);
  ASSERT_TRUE(runtime.Start().ok());
  ASSERT_TRUE(runtime.Append(Topic::kIngest, 0, {{"k", "v"}}).ok());
  stood.get_future().wait();
  auto asked = std::async(std::launch::async, [&] { return runtime.Halted(); });
  EXPECT_EQ(asked.wait_for(std::chrono::seconds(5)), std::future_status::ready);
  go.set_value();
  EXPECT_TRUE(asked.get().empty());
}

// Regression: a worker that stood still began no round, so its lag was not seen, and appends were
// accepted without bound.
TEST(ThreadTest, OverloadIsRefusedAndAllThatWasAcceptedIsProcessed) {
  SimLog log({.partitions = 1});
  SimCheckpoints store;
  SystemClock clock;
  toy::Behaviour behaviour;
  std::promise<void> go;
  std::vector<ServiceSpec> specs = toy::Specs(&behaviour);
  specs[0].make = [&, future = go.get_future().share()](Scope) {
    return std::make_unique<StandingFront>(&behaviour, future);
  };
  RuntimeOptions options;
  options.workers = 1;
  options.lag_limit_records = 1000;
  Runtime runtime(&log, &store, &clock, std::move(specs), options);
  ASSERT_TRUE(runtime.Start().ok());
  constexpr int kBatches = 100, kBatch = 100;  // ten times what may wait
  const auto send = [&](int batch) {
    std::vector<Gateway::KeyedBytes> records;
    records.reserve(kBatch);
    for (int i = 0; i < kBatch; ++i) records.push_back({"k", absl::StrCat(batch, "/", i)});
    return runtime.Append(Topic::kIngest, 0, std::move(records)).status();
  };
  std::vector<int> refused;
  for (int batch = 0; batch < kBatches; ++batch) {
    const absl::Status sent = send(batch);
    if (sent.ok()) continue;
    refused.push_back(batch);
    EXPECT_EQ(sent.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(DetailOf(sent).metadata["retry_delay_ms"], "1000");
  }
  EXPECT_GE(refused.size(), 88u);  // what may wait, one batch above it, and a round under way
  go.set_value();
  for (const int batch : refused) {
    while (!send(batch).ok()) std::this_thread::yield();
  }
  ASSERT_TRUE(runtime.WaitIdle(Soon()).ok());
  EXPECT_EQ(Counted(runtime, Soon()), kBatches * kBatch);
  runtime.Stop();
}

// What a service has not handled yet, as it tells.
class LagGauge final : public NullMetrics {
 public:
  explicit LagGauge(Service service) : service_(ServiceName(service)) {}
  void Set(absl::string_view gauge, MetricLabels labels, double value) override {
    if (gauge == "dangol_lag_records" && labels[0].value == service_) told_ = value;
  }
  double told() const { return told_; }

 private:
  const absl::string_view service_;
  std::atomic<double> told_{-1};
};

TEST(ThreadTest, BugWhoWasHeldToldNoLag) {
  SimLog log({.partitions = 1});
  SimCheckpoints store;
  SystemClock clock;
  toy::Behaviour behaviour;
  std::vector<ServiceSpec> specs = toy::Specs(&behaviour);
  LagGauge lag(specs[0].service);
  RuntimeOptions options;
  options.workers = 1;
  options.own_interval = kMicrosPerMilli;
  options.metrics = &lag;
  Runtime runtime(&log, &store, &clock, std::move(specs), options);
  ASSERT_TRUE(runtime.Start().ok());
  ASSERT_TRUE(runtime.Hold(Runtime::kLongestHold, Soon()).ok());
  ASSERT_TRUE(runtime.Append(Topic::kIngest, 0, {{"k", "1"}, {"k", "2"}}).ok());
  const Micros until = Soon();
  while (lag.told() != 2) ASSERT_LT(SteadyMicros(), until) << lag.told();
  ASSERT_TRUE(runtime.Hold(0, Soon()).ok());
  while (lag.told() != 0) ASSERT_LT(SteadyMicros(), until) << lag.told();
  runtime.Stop();
}

// Takes more than a microsecond for each timer.
class SlowBack : public toy::Back {
 public:
  absl::Status OnTimer(const Timer&, Context&) override {
    for (const Micros begin = SteadyMicros(); SteadyMicros() <= begin + 1;) {
    }
    return absl::OkStatus();
  }
};

// Takes more than a microsecond for each record.
class SlowFront : public toy::Front {
 public:
  using Front::Front;
  absl::Status Handle(const Event& event, Context& ctx) override {
    for (const Micros begin = SteadyMicros(); SteadyMicros() <= begin + 1;) {
    }
    return Front::Handle(event, ctx);
  }
};

class CyclesCounter final : public NullMetrics {
 public:
  void Add(absl::string_view counter, MetricLabels, double) override {
    if (counter == "dangol_cycles_total") ++cycles;
  }
  std::atomic<int> cycles{0};
};

TEST(ThreadTest, CycleEndsWhenItsTimeIsUp) {
  SimLog log({.partitions = 1});
  SimCheckpoints store;
  SystemClock clock;
  toy::Behaviour behaviour;
  std::vector<ServiceSpec> specs = toy::Specs(&behaviour);
  specs[0].make = [&](Scope) { return std::make_unique<SlowFront>(&behaviour); };
  CyclesCounter counter;
  RuntimeOptions options;
  options.workers = 1;
  options.cycle_max_time = 1;
  options.metrics = &counter;
  Runtime runtime(&log, &store, &clock, std::move(specs), options);
  ASSERT_TRUE(runtime.Start().ok());
  ASSERT_TRUE(runtime.Hold(Runtime::kLongestHold, Soon()).ok());
  constexpr int kRecords = 50;
  const std::vector<Gateway::KeyedBytes> records(kRecords, {"k", "v"});
  ASSERT_TRUE(runtime.Append(Topic::kIngest, 0, records).ok());
  ASSERT_TRUE(runtime.Hold(0, Soon()).ok());
  ASSERT_TRUE(runtime.WaitIdle(Soon()).ok());
  EXPECT_GE(counter.cycles, kRecords);
  runtime.Stop();
}

TEST(ThreadTest, BugTimersKnewNoEndOfACycle) {
  SimLog log({.partitions = 1});
  SimCheckpoints store;
  ManualClock clock(kMicrosPerDay);
  toy::Behaviour behaviour;
  std::vector<ServiceSpec> specs = toy::Specs(&behaviour);
  specs[1].make = [](Scope) { return std::make_unique<SlowBack>(); };
  CyclesCounter counter;
  RuntimeOptions options;
  options.workers = 1;
  options.cycle_max_time = 1;
  options.metrics = &counter;
  Runtime runtime(&log, &store, &clock, std::move(specs), options);
  ASSERT_TRUE(runtime.Start().ok());
  constexpr int kTimers = 50;
  std::vector<Gateway::KeyedBytes> records(kTimers, {"k", ""});
  for (int i = 0; i < kTimers; ++i) records[i].value = absl::StrCat(i);
  ASSERT_TRUE(runtime.Append(Topic::kIngest, 0, records).ok());
  ASSERT_TRUE(runtime.WaitIdle(Soon()).ok());
  const int before = counter.cycles;
  clock.AdvanceTo(clock.Now() + 2 * kMicrosPerHour);
  ASSERT_TRUE(runtime.WaitIdle(Soon()).ok());
  EXPECT_GE(counter.cycles - before, kTimers);
  runtime.Stop();
}

// Those that may have crashed the process go one by one, the others between them.
TEST(ThreadTest, WorkersTakeTurnsAfterACrash) {
  constexpr uint32_t kPartitions = 4;
  constexpr int kRecords = 200;
  auto log = std::make_unique<SimLog>(SimLog::Options{.partitions = kPartitions});
  SimCheckpoints store;
  SystemClock clock;
  toy::Behaviour behaviour;
  std::unique_ptr<Runtime> runtime;
  const auto start = [&](const RuntimeOptions& options) {
    runtime.reset();
    log = log->NewInstance();
    runtime = std::make_unique<Runtime>(log.get(), &store, &clock, toy::Specs(&behaviour), options);
    ASSERT_TRUE(runtime->Start().ok());
  };
  start({.drive = Drive::kManual});
  for (uint32_t p = 0; p < kPartitions; ++p) {
    std::vector<Gateway::KeyedBytes> records(kRecords, {"k", ""});
    for (int i = 0; i < kRecords; ++i) records[i].value = absl::StrCat(p, "/", i);
    ASSERT_TRUE(runtime->Append(Topic::kIngest, static_cast<Partition>(p), records).ok());
  }
  ASSERT_TRUE(runtime->Append(Topic::kIngest, 0, {{"k", "crash"}}).ok());
  const auto turn = [&] {
    while (runtime->RunOnce()) {
    }
  };
  for (int crash = 0; crash < 5; ++crash) {  // of all batches, then of events alone
    EXPECT_THROW(turn(), std::runtime_error);
    start({.drive = Drive::kManual});
  }
  behaviour.crash_on_crash = false;
  start({.workers = 3});
  ASSERT_TRUE(runtime->WaitIdle(Soon()).ok());
  EXPECT_EQ(Counted(*runtime, Soon()), kPartitions * kRecords + 1);
  EXPECT_TRUE(runtime->Halted().empty());
  runtime->Stop();
}

TEST(ThreadTest, AnExpiredDeadlineIsAnAnswer) {
  SimLog log({.partitions = 1, .faults = {.lagging_sync = true}});
  SimCheckpoints store;
  SystemClock clock;
  toy::Behaviour behaviour;
  Runtime runtime(&log, &store, &clock, toy::Specs(&behaviour), {});
  ASSERT_TRUE(runtime.Start().ok());
  auto outcome = runtime.Execute({Service::kCampaign, 0}, "add", {"ann", {}, "r"},
                                 SteadyMicros() + 10 * kMicrosPerMilli);
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace dangol
