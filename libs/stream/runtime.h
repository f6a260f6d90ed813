// The partition runtime: runs the scopes of some services over a log, exactly once.
//
// Nothing leaves a scope (a reply, a read's answer, an effect) before the commit that holds it is
// durable, and what has left is never recomputed. See README.md for the life of an event.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "libs/backbone/checkpoint.h"
#include "libs/backbone/log.h"
#include "libs/base/clock.h"
#include "libs/stream/gateway.h"
#include "libs/stream/options.h"
#include "libs/stream/processor.h"
#include "libs/stream/trimmer.h"
#include "libs/stream/waiters.h"
#include "libs/stream/worker.h"

namespace dangol {

// Thread-safe, except under Drive::kManual, where everything but Append and Now belongs to one
// thread and blocking calls turn RunOnce themselves until they are answered or nothing moves.
// Destroying it in manual drive is the death of the process: nothing more is written.
class Runtime final : public Gateway {
 public:
  // None is owned; all outlive the runtime. Under virtual time `clock` is not read.
  Runtime(Log* log, CheckpointStore* store, const Clock* clock, std::vector<ServiceSpec> specs,
          RuntimeOptions options);
  ~Runtime() override;

  // Gains scopes and returns when they are loaded; threads run from here on. A scope that cannot be
  // loaded is halted (see Halted), not an error here.
  absl::Status Start();
  // Finishes cycles at hand, releases what is durable, fails the callers who still wait with
  // UNAVAILABLE. Performers must be stopped, or not be called back, before they are destroyed.
  void Stop();

  uint32_t partitions() const override { return log_->partitions(); }
  Micros Now() const override;
  // Also INVALID_ARGUMENT for a record over half of max_record_bytes.
  absl::StatusOr<uint64_t> Append(Topic topic, Partition partition,
                                  std::vector<KeyedBytes> records) override;
  absl::StatusOr<uint64_t> AppendAsync(Topic topic, std::vector<Routed> records) override;
  absl::Status AwaitDurable(uint64_t ticket) override { return log_->AwaitDurable(ticket); }
  absl::StatusOr<std::string> Execute(Scope scope, std::string body, Caller caller,
                                      Micros deadline) override;
  void AskAtOnce(absl::Span<Asking> askings, Micros deadline) override;

  // What this instance answers itself, for another one that asks for it by name (as bytes), or
  // passes a command on. UNAVAILABLE, reason kNotOwned: the scope is not owned here. UNIMPLEMENTED:
  // no question of that name.
  absl::StatusOr<std::string> AnswerHere(Scope scope, absl::string_view question,
                                         const std::string& request, Micros deadline);
  absl::StatusOr<std::string> ExecuteHere(Scope scope, std::string body, Caller caller,
                                          Micros deadline);

  // All instances stand still, so that the service can be copied as it is at one moment: no event
  // is handled, no timer fires and nothing is committed, after what is being committed now; reads
  // go on. It ends by itself after `duration`, counted anew by each call; 0 ends it.
  // INVALID_ARGUMENT: longer than kLongestHold. UNAVAILABLE: a scope's owner does not answer.
  // Virtual time stands still by itself, and is not held.
  static constexpr Micros kLongestHold = 10 * kMicrosPerSecond;
  absl::Status Hold(Micros duration, Micros deadline);
  // This instance only.
  absl::Status HoldHere(Micros duration);

  // Runs `fn` on the worker of a scope that is owned here, between two events; returns its status
  // once everything it saw is durable. It must be quick and must not change anything.
  absl::Status Read(Scope scope, Micros deadline, ReadFn fn);
  // `fn` on every partition of the service, one after the other in order of partition.
  absl::Status ReadAll(Service service, Micros deadline, const ReadFn& fn);

  // Execute without waiting: `done` is called once, from a worker, with the durable outcome; unless
  // an error is returned, or until Forget(id) on the returned id returned true.
  absl::StatusOr<uint64_t> Submit(Scope scope, std::string body, Caller caller,
                                  Waiters::Callback done);
  bool Forget(uint64_t id) { return waiters_.Forget(id); }

  // Manual drive: one small step of everything. False: nothing can be done before something outside
  // happens (an append, a durable commit, the clock).
  bool RunOnce();

  // Virtual time: runs until idle, jumps to the next timer not later than `to`, and so on; returns
  // when the clock stands durably at `to` and everything is idle. FAILED_PRECONDITION: a scope has
  // halted, or time is not virtual. INVALID_ARGUMENT: `to` is past. DEADLINE_EXCEEDED: it goes on.
  // Idempotency: asking again for the same time is answered once that is reached.
  absl::Status AdvanceTo(Micros to, Micros deadline);

  // All inputs are read, every cycle durable, every effect's outcome handled. Halted scopes do not
  // count. Scopes of other processes are not looked at.
  bool Idle();
  absl::Status WaitIdle(Micros deadline);
  // When the next timer of a scope here fires; kNever: none. Manual drive only.
  Micros NextTimer() const;

  // Why each halted scope has halted; empty: healthy. Never waits, whatever the workers do.
  std::vector<std::string> Halted() const { return halted_.All(); }
  std::vector<Scope> Owned() const;

  // Cuts a checkpoint of everything soon. / Trims days topics now. Both also happen by themselves
  // in threaded drive.
  void CheckpointSoon();
  void TrimNow();

 private:
  // calls.cc
  struct ReadCall;
  std::shared_ptr<ReadCall> BeginRead(Scope scope, ReadFn fn);
  absl::Status AwaitRead(ReadCall& call, Micros deadline);
  void AskOnce(const std::vector<Asking*>& askings, Micros deadline);
  // nullptr: it is not registered.
  const RawQuestion* FindQuestion(Service service, absl::string_view name) const;
  void CountForwarded(Service service, size_t calls);

  // ownership.cc
  void PollOwnership();
  bool PollOwnership(Service service);
  void Hand(Worker& worker, std::function<void()> task);
  void Gain(Scope scope);
  void Lose(Scope scope);
  void RunOn(Worker& worker, std::function<void()> task);
  Worker* OwnerOf(Scope scope) const;
  void ControlLoop();
  void PublishLag();

  // virtual_time.cc
  bool OnIdle();
  bool MoveClock();
  Micros NextStop() const;

  absl::Status CheckLag() const;
  void NoteArrival(Topic topic, Partition partition, size_t records);
  absl::Status CheckSize(absl::string_view key, absl::string_view value) const;
  // Turns the runtime by hand until `done` or nothing moves any more.
  template <typename Done>
  bool Drive(const Done& done) {
    for (int stuck = 0; !done() && stuck < 2;) stuck = RunOnce() ? 0 : stuck + 1;
    return done();
  }

  Log* const log_;
  const Clock* const clock_;
  const std::vector<ServiceSpec> specs_;
  RuntimeOptions options_;
  // By service and name.
  std::array<std::map<std::string, RawQuestion, std::less<>>, kServices> questions_;
  NullMetrics null_metrics_;
  Waiters waiters_;
  HaltedScopes halted_;
  Turns turns_;
  WorkerEnv env_;
  Executor background_;
  std::unique_ptr<Courier> courier_;
  std::vector<std::unique_ptr<Worker>> workers_;
  const std::string anonymous_prefix_;
  std::atomic<uint64_t> anonymous_{0};

  mutable Mutex mu_;
  CondVar changed_;
  std::map<Scope, size_t> owners_;  // guarded by mu_: index of the worker
  bool stopping_ = false;           // guarded by mu_
  std::atomic<Micros> virtual_now_{0};
  Micros advance_target_ = 0;   // guarded by mu_
  uint64_t advance_asked_ = 0;  // guarded by mu_: requests, and how many are answered
  uint64_t advance_done_ = 0;   // guarded by mu_
  std::thread control_;
};

}  // namespace dangol
