// The runtime with its threads: the wall clock, several workers, callers on other threads.
#include <gtest/gtest.h>

#include <thread>

#include "libs/backbone/testing/sim_log.h"
#include "libs/stream/runtime.h"
#include "libs/stream/testing/toy.h"

namespace dangol {
namespace {

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
