// An observer that keeps a copy of the customers elsewhere, while processes die between any two
// steps, machines lose what was not durable, and scopes move: the copy is never ahead of the log,
// and in the end whole.
#include "libs/stream/observer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "libs/backbone/testing/sim_log.h"
#include "libs/base/clock.h"
#include "libs/base/rng.h"
#include "libs/stream/runtime.h"
#include "libs/stream/testing/toy.h"

namespace dangol {
namespace {

constexpr uint32_t kPartitions = 2;
constexpr int kProcesses = 2;
constexpr int kCustomers = 12;

// What survives the processes: a version never gives way to an older one.
struct Copy {
  struct Row {
    uint64_t cycle = 0;
    std::string value;
  };
  std::map<Scope, std::map<std::string, Row>> rows;
  std::map<Scope, uint64_t> marks;  // everything up to this cycle is in rows

  void Write(Scope scope, const std::string& key, const Row& row) {
    Row& held = rows[scope][key];
    if (held.cycle < row.cycle) held = row;
  }
};

// Of one process: what it was told waits until Flush.
class Follower final : public ScopeObserver {
 public:
  explicit Follower(Copy* copy) : copy_(*copy) {}

  void Gained(const DurableScope& scope) override {
    for (const auto& [key, row] : copy_.rows[scope.scope()])
      EXPECT_LE(row.cycle, scope.cycle()) << key << ": the copy is ahead of the log";
    followed_[scope.scope()] = {.since = copy_.marks[scope.scope()]};
  }
  void Lost(Scope scope) override { followed_.erase(scope); }
  void Committed(const DurableScope& scope, const std::vector<Change>& changes) override {
    Followed& f = followed_.at(scope.scope());
    EXPECT_EQ(scope.cycle(), f.reached == 0 ? scope.cycle() : f.reached + 1);
    for (const Change& change : changes) {
      if (change.table != Table::kCustomer) continue;
      EXPECT_EQ(*scope.view().Get(change.table, change.key), *change.value);
      f.pending[change.key] = {scope.cycle(), *change.value};
    }
    f.reached = scope.cycle();
  }
  bool Work(const DurableScope& scope) override {
    Followed& f = followed_.at(scope.scope());
    if (f.scanned) return false;
    f.reached = scope.cycle();
    f.scanned = true;
    const std::string from = f.cursor;
    scope.ScanChanged(Table::kCustomer, from, f.since, [&](absl::string_view key, auto value) {
      f.scanned = key == from;
      f.cursor = std::string(key);
      f.pending[f.cursor] = {scope.cycle(), std::string(*value)};
      return f.scanned;
    });
    return true;
  }

  void Flush() {
    for (auto& [scope, f] : followed_) {
      for (const auto& [key, row] : f.pending) copy_.Write(scope, key, row);
      f.pending.clear();
      if (f.scanned) copy_.marks[scope] = std::max(copy_.marks[scope], f.reached);
    }
  }
  bool settled() const {
    return std::all_of(followed_.begin(), followed_.end(),
                       [](const auto& f) { return f.second.scanned; });
  }

 private:
  struct Followed {
    uint64_t since = 0;
    std::string cursor;  // of the scan: one customer at a time
    bool scanned = false;
    uint64_t reached = 0;
    std::map<std::string, Copy::Row> pending;
  };
  Copy& copy_;
  std::map<Scope, Followed> followed_;
};

struct Process {
  std::unique_ptr<SimLog> log;
  std::unique_ptr<Follower> follower;
  std::unique_ptr<Runtime> runtime;
};

class World {
 public:
  explicit World(uint64_t seed)
      : rng_(seed), root_({.partitions = kPartitions, .seed = seed, .faults = Faults()}) {
    for (Process& p : processes_) Boot(p);
  }

  void Run() {
    for (int i = 0; i < 1000; ++i) Step();
    root_.SetFaults({});
    root_.Sync();
    for (int quiet = 0; quiet < 3;) {
      bool any = false;
      for (Process& p : processes_) {
        while (p.runtime->RunOnce()) any = true;
        any = any || !p.follower->settled();
        p.follower->Flush();
      }
      quiet = any ? 0 : quiet + 1;
    }
  }

  void Check() {
    int64_t counted = 0;
    for (uint32_t n = 0; n < kPartitions; ++n) {
      const Scope scope{Service::kCampaign, static_cast<Partition>(n)};
      std::map<std::string, std::string> state, copy;
      Look(scope, [&](StateView& view) {
        view.Scan(Table::kCustomer, "", [&](absl::string_view key, absl::string_view value) {
          counted += toy::NumberAt(view, Table::kCustomer, key);
          return state.emplace(key, value).second;
        });
      });
      for (const auto& [key, row] : copy_.rows[scope]) copy[key] = row.value;
      EXPECT_EQ(copy, state);
    }
    EXPECT_EQ(counted, messages_);
  }

 private:
  static SimLog::Faults Faults() {
    SimLog::Faults faults;
    faults.commit_unavailable = 0.1;
    faults.lagging_sync = true;
    faults.sync_chance = 0.3;
    return faults;
  }

  void Boot(Process& p) {
    p.runtime.reset();
    p.log = root_.NewInstance();
    p.follower = std::make_unique<Follower>(&copy_);
    RuntimeOptions options;
    options.drive = Drive::kManual;
    options.cycle_max_events = 1 + rng_.Below(8);
    options.checkpoint_cycles_manual = 1 + rng_.Below(10);
    options.crash_attempts = 1000;
    options.observer = p.follower.get();
    p.runtime =
        std::make_unique<Runtime>(p.log.get(), &store_, &clock_, toy::Specs(&behaviour_), options);
    EXPECT_TRUE(p.runtime->Start().ok());
  }

  void Step() {
    Process& p = processes_[rng_.Below(kProcesses)];
    const double dice = rng_.Uniform();
    if (dice < 0.60) {
      p.runtime->RunOnce();
    } else if (dice < 0.80) {
      Send(p);
    } else if (dice < 0.92) {
      p.follower->Flush();
    } else if (dice < 0.96) {
      root_.Revoke({Service::kCampaign, static_cast<Partition>(rng_.Below(kPartitions))});
    } else if (dice < 0.99) {
      Boot(p);
    } else {
      for (Process& each : processes_) each.runtime.reset();
      root_.CrashLosingUnsynced();
      for (Process& each : processes_) Boot(each);
    }
  }

  void Send(Process& p) {
    const std::string customer = absl::StrCat("k", rng_.Below(kCustomers));
    const auto partition = static_cast<Partition>(rng_.Below(kPartitions));
    const std::string message = absl::StrCat("m", messages_);
    if (p.runtime->Append(Topic::kIngest, partition, {{customer, message}}).ok()) ++messages_;
  }

  void Look(Scope scope, const std::function<void(StateView&)>& fn) {
    bool found = false;
    for (Process& p : processes_) {
      const absl::Status status = p.runtime->Read(scope, 0, [&](Processor&, StateView& view) {
        fn(view);
        return absl::OkStatus();
      });
      found = found || status.ok();
    }
    EXPECT_TRUE(found) << ToString(scope);
  }

  Rng rng_;
  SimCheckpoints store_;
  SimLog root_;
  ManualClock clock_{1'000'000 * kMicrosPerSecond};
  toy::Behaviour behaviour_;
  Copy copy_;
  Process processes_[kProcesses];
  int64_t messages_ = 0;
};

TEST(ObserverTest, ACopyIsNeverAheadAndInTheEndWhole) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    World world(seed);
    world.Run();
    world.Check();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace dangol
