// A whole Dangol in one thread: the five real services over a simulated log, disk and clock, as one
// process or several that take scopes from each other. The same options and calls give the same
// run.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/backbone/testing/sim_log.h"
#include "libs/base/clock.h"
#include "libs/base/rng.h"
#include "libs/stream/runtime.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/mailroom.h"
#include "tests/simulation/process.h"

namespace dangol::simulation {

struct WorldOptions {
  uint64_t seed = 1;
  uint32_t partitions = 4;
  int processes = 1;
  Mood mood = Mood::kReliable;
  Micros start = 0;
  // Timers and answers are waited for in steps of at least this.
  Micros tick = kMicrosPerHour;
  // Off: nothing fails. On: processes die between any two steps and in the middle of one, power
  // cuts, commits and appends refused or answered in doubt, commits that become durable late,
  // checkpoints that fail, are lost or torn, scopes taken away, also while their commit is on its
  // way, processes that sleep and wake as zombies, answers lost, queues full.
  bool faults = false;
  // With `faults`: only these, by name (faults.h); none given: all that the dice say.
  std::optional<Faults::Names> only_faults;
  // The clock also moves while work is under way.
  bool impatient = false;
  // The log leaves offsets without records, as Kafka does.
  bool gaps = false;
  // With `faults`: processes' clocks are ahead or behind, and jump.
  bool wrong_clocks = false;
};

class World {
 public:
  explicit World(WorldOptions options);
  ~World();

  Micros now() const { return clock_.Now(); }
  uint32_t partitions() const { return options_.partitions; }
  const Mailroom& mailroom() const { return mailroom_; }
  SimLog& log() { return root_; }
  const Faults& faults() const { return faults_; }

  // Runs until nothing can happen before the clock moves.
  void Settle();
  // Lets time pass, timer by timer.
  void AdvanceTo(Micros to);
  // No more faults, and clocks are right; then everything that was under way ends. Timers that a
  // clock behind kept waiting fire within the next kClockErrorMax.
  void Heal();
  static constexpr Micros kClockErrorMax = 2 * kMicrosPerHour;
  // Every process dies and starts again.
  void Restart();

  // A command, repeated with its request id until it is answered.
  absl::StatusOr<std::string> Execute(Scope scope, const std::string& body,
                                      const std::string& principal, const std::string& request_id);
  // One record, repeated until it is acknowledged.
  void Append(Partition partition, const std::string& key, const std::string& value);
  // What one scope holds. `fn` may be called again when its look did not count.
  using LookFn = std::function<void(StateView&)>;
  void Look(Scope scope, const LookFn& fn);
  // The same for every partition of a service.
  void LookAll(Service service, const LookFn& fn);

  // Why scopes have halted; empty: healthy.
  std::vector<std::string> Halted();
  // Scopes that halted over a damaged checkpoint, and went on once it was restored.
  int restored() const { return restored_; }

 private:
  struct Process {
    explicit Process(const Clock* world) : clock(world) {}
    ProcessClock clock;
    Micros asleep_until = 0;
    std::unique_ptr<ProcessLog> log;
    std::unique_ptr<ProcessStore> store;
    std::unique_ptr<Postman> postman;
    std::unique_ptr<Runtime> runtime;
  };
  static SimLog::Options LogOptions(const WorldOptions& options);
  void Boot(Process& process);
  void BootOnce(Process& process);
  void BootAll();
  void KillAll();
  void PowerCut();
  void Restore(Scope damaged);
  void PutToSleep(Process& process, Rng how);
  bool Asleep(const Process& process) const { return process.asleep_until > clock_.Now(); }
  // One small step of one process. False: nothing moved.
  bool Turn(Process& process);
  // The same of every process.
  bool Step();
  void Trouble();
  void OvertakeBeforeCommit(const Process* victim, const Cycle& cycle);
  Process& Random(Rng& how) { return processes_[how.Below(processes_.size())]; }
  Process* OwnerOf(Scope scope);
  // Runs `fn` of a process that may die of it: then it starts again, and false is returned.
  bool Survives(Process& process, const std::function<void()>& fn);
  Micros NextInstant() const;

  const WorldOptions options_;
  Rng rng_;
  Faults faults_;
  ManualClock clock_;
  Mailroom mailroom_;
  SimCheckpoints store_;
  SimLog root_;
  std::deque<Process> processes_;
  bool quiet_ = false;  // no trouble but what calls bring: something worse is under way
  int restored_ = 0;
};

}  // namespace dangol::simulation
