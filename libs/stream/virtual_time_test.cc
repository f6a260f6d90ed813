// Virtual time: it moves only when told, stops at each timer, is durable, and gives every customer
// the same payloads however the customers are spread over partitions.
#include <gtest/gtest.h>

#include "libs/backbone/testing/sim_log.h"
#include "libs/stream/runtime.h"
#include "libs/stream/testing/toy.h"

namespace dangol {
namespace {

constexpr Micros kStart = 1'000'000 * kMicrosPerSecond;

struct System {
  explicit System(uint32_t partitions, Micros step = 0)
      : log({.partitions = partitions}), step(step) {
    Run(&log);
  }

  void Run(Log* on) {
    RuntimeOptions options;
    options.drive = Drive::kManual;
    options.virtual_time = true;
    options.virtual_start = kStart;
    options.virtual_step = step;
    options.cycle_max_events = 7;
    options.performers[Service::kCampaign] = &performer;
    runtime = std::make_unique<Runtime>(on, &store, nullptr, toy::Specs(&behaviour), options);
    ASSERT_TRUE(runtime->Start().ok());
  }
  void Send(uint64_t customer, std::string message) {
    const std::string key = absl::StrCat("c", customer);
    const Partition p = PartitionOf(SlotOf(key), log.partitions());
    ASSERT_TRUE(runtime->Append(Topic::kIngest, p, {{key, std::move(message)}}).ok());
  }
  absl::Status AdvanceTo(Micros to) { return runtime->AdvanceTo(to, 0); }
  // What each customer's scope logged, and the contacts by id.
  std::map<std::string, std::string> Result() {
    std::map<std::string, std::string> result;
    for (uint32_t p = 0; p < log.partitions(); ++p) {
      const Scope scope{Service::kCampaign, static_cast<Partition>(p)};
      EXPECT_TRUE(runtime
                      ->Read(scope, 0,
                             [&](Processor&, StateView& view) {
                               view.Scan(Table::kShared, "log/",
                                         [&](absl::string_view key, absl::string_view value) {
                                           result[std::string(key)] = std::string(value);
                                           return true;
                                         });
                               return absl::OkStatus();
                             })
                      .ok());
      std::vector<StoredRecord> contacts;
      EXPECT_TRUE(log.Read({Topic::kContact, scope.partition}, 0, 10'000, 1 << 20, &contacts).ok());
      for (const StoredRecord& r : contacts) result[r.record.key] = r.record.value;
    }
    return result;
  }

  SimLog log;
  const Micros step;
  SimCheckpoints store;
  toy::Behaviour behaviour;
  toy::Performer::Sent sent;
  toy::Performer performer{&sent};
  std::unique_ptr<Runtime> runtime;
};

std::map<std::string, std::string> RunWith(uint32_t partitions) {
  System system(partitions);
  for (int i = 0; i < 100; ++i) system.Send(i % 13, absl::StrCat("a", i));
  EXPECT_TRUE(system.AdvanceTo(kStart + kMicrosPerMinute).ok());
  for (int i = 0; i < 100; ++i) system.Send(i % 17, absl::StrCat("b", i));
  EXPECT_TRUE(system.AdvanceTo(kStart + 2 * kMicrosPerHour).ok());
  EXPECT_EQ(system.sent.size(), 200u);
  return system.Result();
}

TEST(VirtualTimeTest, PayloadsPerCustomerDoNotDependOnPartitions) {
  const auto one = RunWith(1);
  EXPECT_EQ(one.size(), 17u + 200u);
  EXPECT_EQ(RunWith(2), one);
  EXPECT_EQ(RunWith(8), one);
}

TEST(VirtualTimeTest, StopsAtEachTimer) {
  System system(1);
  system.Send(1, "m1");
  ASSERT_TRUE(system.AdvanceTo(kStart + kMicrosPerDay).ok());
  EXPECT_EQ(system.Result()["m1"], absl::StrCat("m1@", kStart + kMicrosPerHour));
  EXPECT_EQ(system.runtime->Now(), kStart + kMicrosPerDay);
  EXPECT_EQ(system.AdvanceTo(kStart).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(system.AdvanceTo(kStart + kMicrosPerDay).ok());
}

TEST(VirtualTimeTest, WithAStepItStopsAtMultiplesOnly) {
  constexpr Micros kStep = 7 * kMicrosPerSecond;
  System system(1, kStep);
  system.Send(1, "m1");
  ASSERT_TRUE(system.AdvanceTo(kStart + kMicrosPerSecond).ok());
  EXPECT_EQ(system.runtime->Now(), kStart + kMicrosPerSecond) << "a target is met exactly";
  system.Send(2, "m2");
  ASSERT_TRUE(system.AdvanceTo(kStart + kMicrosPerDay).ok());
  const Micros due = kStart + kMicrosPerHour;  // m1's timer; m2's is a second later
  const Micros stop = (due / kStep + 1) * kStep;
  ASSERT_LT(due + kMicrosPerSecond, stop);
  EXPECT_EQ(system.Result()["m1"], absl::StrCat("m1@", stop));
  EXPECT_EQ(system.Result()["m2"], absl::StrCat("m2@", stop));
}

TEST(VirtualTimeTest, TheTimeIsDurable) {
  System system(2);
  ASSERT_TRUE(system.AdvanceTo(kStart + kMicrosPerDay).ok());
  system.runtime.reset();
  system.log.CrashLosingUnsynced(true);
  system.Run(&system.log);
  EXPECT_EQ(system.runtime->Now(), kStart + kMicrosPerDay);
}

TEST(VirtualTimeTest, AHaltedScopeIsAnError) {
  System system(1);
  system.Send(1, "halt");
  EXPECT_EQ(system.AdvanceTo(kStart + 1).code(), absl::StatusCode::kFailedPrecondition);
}

TEST(VirtualTimeTest, WithThreads) {
  SimLog log({.partitions = 4});
  SimCheckpoints store;
  toy::Behaviour behaviour;
  toy::Performer::Sent sent;
  toy::Performer performer(&sent);
  RuntimeOptions options;
  options.virtual_time = true;
  options.virtual_start = kStart;
  options.performers[Service::kCampaign] = &performer;
  Runtime runtime(&log, &store, nullptr, toy::Specs(&behaviour), options);
  ASSERT_TRUE(runtime.Start().ok());
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(runtime.Append(Topic::kIngest, i % 4, {{"c", absl::StrCat("m", i)}}).ok());
  }
  const Micros deadline = SteadyMicros() + 30 * kMicrosPerSecond;
  ASSERT_TRUE(runtime.AdvanceTo(kStart + kMicrosPerDay, deadline).ok());
  runtime.Stop();
  EXPECT_EQ(sent.size(), 50u);
}

}  // namespace
}  // namespace dangol
