// A whole Dangol in one thread: the five real services over a simulated log, disk and clock, as one
// process or several that take scopes from each other. The same options and calls give the same
// run.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/backbone/testing/sim_log.h"
#include "libs/base/clock.h"
#include "libs/base/rng.h"
#include "libs/stream/runtime.h"
#include "tests/simulation/mailroom.h"
#include "tests/simulation/zombie_log.h"

namespace dangol::simulation {

struct WorldOptions {
  uint64_t seed = 1;
  uint32_t partitions = 4;
  int processes = 1;
  Mood mood = Mood::kReliable;
  Micros start = 0;
  // Timers and answers are waited for in steps of at least this.
  Micros tick = kMicrosPerHour;
  // Off: nothing fails. On: crashes and power cuts between any two steps, commits and appends
  // refused or answered in doubt, commits that become durable late, checkpoints that fail, scopes
  // taken away, also while their commit is on its way.
  bool faults = false;
  // The clock also moves while work is under way.
  bool impatient = false;
};

class World {
 public:
  explicit World(WorldOptions options);

  Micros now() const { return clock_.Now(); }
  uint32_t partitions() const { return options_.partitions; }
  const Mailroom& mailroom() const { return mailroom_; }
  SimLog& log() { return root_; }

  // Runs until nothing can happen before the clock moves.
  void Settle();
  // Lets time pass, timer by timer.
  void AdvanceTo(Micros to);
  // No more faults; then everything that was under way ends.
  void Heal();
  // Every process dies and starts again.
  void Restart();

  // A command, repeated with its request id until it is answered.
  absl::StatusOr<std::string> Execute(Scope scope, const std::string& body,
                                      const std::string& principal, const std::string& request_id);
  // One record, repeated until it is acknowledged.
  void Append(Partition partition, const std::string& key, const std::string& value);
  // What one scope holds.
  using LookFn = std::function<void(StateView&)>;
  void Look(Scope scope, const LookFn& fn);
  // The same for every partition of a service.
  void LookAll(Service service, const LookFn& fn);

  // Why scopes have halted; empty: healthy.
  std::vector<std::string> Halted();
  int crashes() const { return crashes_; }
  int zombies() const { return zombies_; }

 private:
  struct Process {
    std::unique_ptr<ZombieLog> log;
    std::unique_ptr<Postman> postman;
    std::unique_ptr<Runtime> runtime;
  };
  static SimLog::Options LogOptions(const WorldOptions& options);
  void Boot(Process& process);
  void PowerCut();
  // One small step of every process. False: nothing moved.
  bool Step();
  void Trouble();
  void OvertakeBeforeCommit(const Process* victim, const Cycle& cycle);
  Process* OwnerOf(Scope scope);
  Micros NextInstant() const;

  const WorldOptions options_;
  Rng rng_;
  ManualClock clock_;
  Mailroom mailroom_;
  SimCheckpoints store_;
  SimLog root_;
  std::vector<Process> processes_;
  bool trouble_ = false;
  bool overtaking_ = false;
  int crashes_ = 0;
  int zombies_ = 0;
};

}  // namespace dangol::simulation
