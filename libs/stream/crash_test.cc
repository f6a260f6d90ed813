// Two processes over one simulated log, one thread: every seed mixes appends, commands, crashes
// between any two steps, power cuts, zombies, refused and repeated commits and appends, and lost
// processes with effects under way. Then: nothing lost, nothing twice.
#include <gtest/gtest.h>

#include <cstdlib>

#include "libs/backbone/testing/sim_log.h"
#include "libs/base/rng.h"
#include "libs/stream/runtime.h"
#include "libs/stream/testing/toy.h"

namespace dangol {
namespace {

constexpr uint32_t kPartitions = 2;
constexpr int kProcesses = 2;
constexpr int kSteps = 1500;

struct Process {
  std::unique_ptr<SimLog> log;
  std::unique_ptr<toy::Performer> performer;
  std::unique_ptr<Runtime> runtime;
};

class World {
 public:
  explicit World(uint64_t seed)
      : rng_(seed),
        store_(seed, {.ingest_unavailable = 0.2}),
        root_({.partitions = kPartitions, .seed = seed, .faults = Faults()}) {
    for (Process& p : processes_) Boot(p);
  }

  void Run() {
    for (int i = 0; i < kSteps; ++i) Step();
    Heal();
  }

  // Each acknowledged message counted once; each effect's outcome handled once, and no attempt sent
  // twice; each command done once.
  void Check() {
    std::map<std::string, int64_t> outcomes;
    int64_t counted = 0, sum = 0;
    for (uint32_t p = 0; p < kPartitions; ++p) {
      Look(p, [&](StateView& view) {
        counted += toy::NumberAt(view, Table::kCustomer, "k");
        sum += toy::NumberAt(view, Table::kShared, "sum");
        view.Scan(Table::kIndex, "outcome/", [&](absl::string_view key, absl::string_view) {
          outcomes[std::string(key)] += toy::NumberAt(view, Table::kIndex, key);
          return true;
        });
        int rows = 0;
        view.Scan(Table::kEffect, "",
                  [&](absl::string_view, absl::string_view) { return ++rows > 0; });
        EXPECT_EQ(rows, 0);
      });
    }
    EXPECT_EQ(counted, messages_);
    EXPECT_EQ(sum, commands_);
    EXPECT_EQ(outcomes.size(), static_cast<size_t>(messages_));
    for (const auto& [key, n] : outcomes) EXPECT_EQ(n, 1) << key;
    for (const std::string& sent : sent_) EXPECT_EQ(sent_.count(sent), 1u) << sent;
  }

 private:
  static SimLog::Faults Faults() {
    SimLog::Faults faults;
    faults.commit_unavailable = 0.1;
    faults.append_unavailable = 0.1;
    faults.lagging_sync = true;
    faults.sync_chance = 0.3;
    return faults;
  }

  void Boot(Process& p) {
    p.runtime.reset();
    p.log = root_.NewInstance();
    p.performer = std::make_unique<toy::Performer>(&sent_);
    p.performer->hold = rng_.Chance(0.5);
    RuntimeOptions options;
    options.drive = Drive::kManual;
    options.cycle_max_events = 1 + rng_.Below(8);
    options.checkpoint_cycles_manual = 1 + rng_.Below(10);
    options.crash_attempts = 50;
    options.performers[Service::kCampaign] = p.performer.get();
    p.runtime =
        std::make_unique<Runtime>(p.log.get(), &store_, &clock_, toy::Specs(&behaviour_), options);
    EXPECT_TRUE(p.runtime->Start().ok());
  }

  void Step() {
    Process& p = processes_[rng_.Below(kProcesses)];
    const double dice = rng_.Uniform();
    if (dice < 0.60) {
      p.runtime->RunOnce();
    } else if (dice < 0.75) {
      SendMessage(p);
    } else if (dice < 0.85) {
      SendCommand(p);
    } else if (dice < 0.90) {
      p.performer->Release();
    } else if (dice < 0.94) {
      clock_.AdvanceTo(clock_.Now() + static_cast<Micros>(rng_.Below(kMicrosPerHour)));
    } else if (dice < 0.97) {
      root_.Revoke({rng_.Chance(0.5) ? Service::kProfile : Service::kCampaign,
                    static_cast<Partition>(rng_.Below(kPartitions))});
    } else if (dice < 0.99) {
      Boot(p);
    } else {
      PowerCut();
    }
  }

  void PowerCut() {
    for (Process& p : processes_) p.runtime.reset();
    root_.CrashLosingUnsynced();
    for (Process& p : processes_) Boot(p);
  }

  // The same message until it is acknowledged.
  void SendMessage(Process& p) {
    const auto to = static_cast<Partition>(messages_ % kPartitions);
    const std::string id = absl::StrCat("m", messages_);
    if (p.runtime->Append(Topic::kIngest, to, {{"k", id}}).ok()) ++messages_;
  }

  // The same command, at whichever process, until it is answered.
  void SendCommand(Process& p) {
    const Scope to{Service::kCampaign, static_cast<Partition>(commands_ % kPartitions)};
    const std::string id = absl::StrCat("r", commands_);
    auto answered = [this, id](absl::StatusOr<std::string> outcome) {
      if (!outcome.ok() || id != absl::StrCat("r", commands_)) return;
      // Ids go round the partitions, so each answer is known beforehand.
      EXPECT_EQ(*outcome, absl::StrCat(commands_ / kPartitions + 1)) << id;
      ++commands_;
    };
    p.runtime->Submit(to, "add", {"ann", {}, id}, answered).IgnoreError();
  }

  void Heal() {
    root_.SetFaults({});
    SendMessage(processes_[0]);  // the last may have been written without being acknowledged
    for (int round = 0; round < 40; ++round) {
      for (Process& p : processes_) {
        for (int i = 0; i < 50; ++i) p.runtime->RunOnce();
        p.performer->Release();
      }
      root_.Sync();
      // The purge of outcomes must not come before the last command was answered again.
      if (round < 20) clock_.AdvanceTo(clock_.Now() + 10 * kMicrosPerMinute);
    }
    for (Process& p : processes_) {
      EXPECT_TRUE(p.runtime->Idle());
      EXPECT_TRUE(p.runtime->Halted().empty()) << p.runtime->Halted().front();
    }
    Finish();
  }

  // A command that was sent and not answered may have been done: ask once more, healed.
  void Finish() {
    const Scope to{Service::kCampaign, static_cast<Partition>(commands_ % kPartitions)};
    for (Process& p : processes_) {
      auto done = p.runtime->Execute(to, "add", {"ann", {}, absl::StrCat("r", commands_)}, 0);
      if (!done.ok()) continue;
      EXPECT_EQ(*done, absl::StrCat(commands_ / kPartitions + 1));
      ++commands_;
      return;
    }
    ADD_FAILURE() << "no one answers";
  }

  void Look(uint32_t partition, const std::function<void(StateView&)>& fn) {
    const Scope scope{Service::kCampaign, static_cast<Partition>(partition)};
    for (Process& p : processes_) {
      absl::Status status = p.runtime->Read(scope, 0, [&](Processor&, StateView& view) {
        fn(view);
        return absl::OkStatus();
      });
      if (status.ok()) return;
    }
    ADD_FAILURE() << ToString(scope) << " is nowhere";
  }

  Rng rng_;
  ManualClock clock_{1'000'000 * kMicrosPerSecond};
  SimCheckpoints store_;
  SimLog root_;
  toy::Behaviour behaviour_;
  toy::Performer::Sent sent_;
  Process processes_[kProcesses];
  int64_t messages_ = 0;
  int64_t commands_ = 0;
};

TEST(CrashTest, NothingLostNothingTwice) {
  const char* seed = std::getenv("DANGOL_SEED");
  const uint64_t first = seed != nullptr ? std::strtoull(seed, nullptr, 10) : 1;
  const uint64_t last = seed != nullptr ? first : 60;
  for (uint64_t s = first; s <= last && !HasFailure(); ++s) {
    SCOPED_TRACE(absl::StrCat("DANGOL_SEED=", s));
    World world(s);
    world.Run();
    world.Check();
  }
}

}  // namespace
}  // namespace dangol
