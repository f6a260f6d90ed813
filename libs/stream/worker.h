// A worker owns scopes and turns their input into cycles: compute, commit, and release what leaves
// once the commit is durable. Cycle n+1 is computed while n is not yet durable.
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "libs/base/mutex.h"
#include "libs/stream/checkpointer.h"
#include "libs/stream/courier.h"
#include "libs/stream/gateway.h"
#include "libs/stream/observing.h"
#include "libs/stream/scope_runner.h"
#include "libs/stream/stage_costs.h"
#include "libs/stream/turns.h"
#include "libs/stream/waiters.h"

namespace dangol {

// What workers share; outlives them.
struct WorkerEnv {
  ScopeEnv scope;
  Courier* courier = nullptr;
  Waiters* waiters = nullptr;
  Executor* background = nullptr;
  Turns* turns = nullptr;
  std::function<Micros()> steady;
  // Called by a worker that has nothing to do; true: something changed (virtual time moved).
  std::function<bool()> on_idle;
  // Called by the worker when a scope was lost in a commit.
  std::function<void(Scope)> on_lost;
  // By `steady`: until then no cycle is begun.
  std::atomic<Micros> held_until{0};
};

// Post, Wake, Start, Stop, lag and cycles are thread-safe; the rest is for the worker's own thread,
// or the caller of RunOnce in manual drive.
class Worker {
 public:
  explicit Worker(const WorkerEnv* env);
  ~Worker();

  void Start();
  // Finishes the cycle at hand and releases what becomes durable within two seconds.
  void Stop();
  void Wake();

  // Runs `task` on the worker between two cycles.
  void Post(std::function<void()> task);

  // One turn: tasks, releases, then a commit tried again, a checkpoint's next step, or more of a
  // cycle. False: nothing could be done now.
  bool RunOnce();

  // To be posted.
  void Acquire(Scope scope, const ServiceSpec& spec);
  void Drop(Scope scope);
  // Acquires again what could not be loaded because the log or the store did not answer.
  void AcquireAgain();
  bool awaits_loading() const { return unloaded_count_ > 0; }  // thread-safe
  // `done` once all that `fn` saw is durable.
  void Read(Scope scope, const Gateway::ReadFn& fn, std::function<void(absl::Status)> done);
  void Checkpoint() { force_checkpoint_ = true; }

  Runners& runners() { return runners_; }
  // Everything read, committed, durable and released; no task waits but the caller's own.
  bool Idle(size_t own_tasks = 0) const;
  // The same, but what is committed need not be durable yet, unless something waits for it to
  // leave.
  bool Quiet(size_t own_tasks = 0) const;

  // Records not yet handled, as of the last round.
  uint64_t lag(Service service) const { return lag_[static_cast<int>(service)]; }
  // Records from outside since then: a worker that stands still begins no round.
  void Arrived(uint64_t records) { arrived_ += records; }
  uint64_t arrived() const { return arrived_; }
  uint64_t cycles() const { return cycles_.load(std::memory_order_relaxed); }

 private:
  struct Held {  // until durable
    uint64_t ticket = 0;
    Micros not_after = 0;
    std::vector<Release> releases;
    std::vector<std::function<void()>> reads;
  };

  bool RunTasks();
  bool ReleaseDurable();
  void LetGo(Held& held);
  // What of a hold is left; 0: none.
  Micros StandsStillFor() const;
  bool Gather(bool may_wait);
  bool MayWait(bool found_more) const;
  void BuildCycle();
  bool gathering() const { return gathering_since_.has_value(); }
  void BeginRounds();
  ScopeRunner* Suspect();
  bool BeginTurn(const ScopeRunner* suspect);
  void EndTurn();
  bool StepRunners(ScopeRunner* suspect);
  void Step(ScopeRunner& runner);
  void PublishCosts();
  bool TakeParts();
  bool TryCommit();
  void Settle(const CommitResult& result);
  void FailCycle(const absl::Status& status);
  void Loop();
  void Wait();
  Micros UntilNextTimer() const;
  void PublishLag(uint64_t arrived);

  const WorkerEnv* const env_;
  Runners runners_;
  Checkpointer checkpointer_;
  Observing observing_;
  bool force_checkpoint_ = false;
  std::map<Scope, const ServiceSpec*> unloaded_;
  std::atomic<size_t> unloaded_count_{0};

  StageCosts costs_;
  Micros costs_told_ = 0;

  std::optional<Micros> gathering_since_;  // something is computed, and not in cycle_ yet
  ScopeRunner::Budget budget_;             // what more it may be
  std::optional<Scope> alone_;             // who of the process computes now, and nobody else
  bool others_turn_ = false;               // who ends it wakes this worker

  Cycle cycle_;   // computed, not yet committed; empty: none
  Held current_;  // what cycle_ releases
  Micros retry_pause_ = 0;
  std::deque<Held> held_;
  size_t rotation_ = 0;

  Mutex mu_;
  CondVar wake_;
  bool signalled_ = false;                    // guarded by mu_
  bool stopping_ = false;                     // guarded by mu_
  std::vector<std::function<void()>> tasks_;  // guarded by mu_
  std::vector<std::function<void()>> running_tasks_;
  std::atomic<size_t> waiting_tasks_{0};
  std::array<std::atomic<uint64_t>, kServices> lag_{};
  std::atomic<uint64_t> arrived_{0};
  std::atomic<uint64_t> cycles_{0};
  std::thread thread_;
};

}  // namespace dangol
