// One scope at work: its inputs, state and processor; hands its worker the parts of cycles and what
// to release when they are durable.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/backbone/log.h"
#include "libs/backbone/state.h"
#include "libs/stream/crash_guard.h"
#include "libs/stream/halted_scopes.h"
#include "libs/stream/inputs.h"
#include "libs/stream/observer.h"
#include "libs/stream/options.h"
#include "libs/stream/processor.h"
#include "libs/stream/scope_context.h"
#include "libs/stream/waiters.h"

namespace dangol {

namespace event::v1 {
class InboxRecord;
class Command;
class EffectOutcome;
}  // namespace event::v1

// What a scope needs of the runtime. Everything outlives the runner.
struct ScopeEnv {
  Log* log = nullptr;
  CheckpointStore* store = nullptr;
  const RuntimeOptions* options = nullptr;
  MetricsSink* metrics = nullptr;
  std::function<Micros()> now;  // the wall's or the virtual clock's
  std::function<void()> wake;   // the workers; empty in manual drive
  HaltedScopes* halted = nullptr;
};

// What leaves the scope once its cycle is durable.
struct Release {
  Scope scope;
  std::vector<Reply> replies;
  std::vector<Effect> effects;
};

// Not thread-safe: belongs to one worker. Between two Step calls the state is that after whole
// events. Invariant: what TakeCycle returned is committed, in order, or the runner is destroyed.
class ScopeRunner {
 public:
  // Loads the scope. An error of the log or of OnAcquire makes a halted runner, never none.
  ScopeRunner(Scope scope, const ServiceSpec& spec, const ScopeEnv& env);
  ~ScopeRunner();

  Scope scope() const { return scope_; }
  Micros now() const { return context_ ? context_->now() : 0; }
  // Empty, or why the scope has stopped.
  const std::string& halted() const { return halted_; }
  void Halt(const std::string& why);
  // The log or the store did not answer when it was to be loaded: worth another try.
  bool not_loaded() const { return not_loaded_; }

  // Effects found in the ledger when the scope was acquired.
  std::vector<Effect> TakeRecovered() { return std::exchange(recovered_, {}); }

  // Takes what is there now (records, due timers) as the next round. True if there is anything.
  bool BeginRound();
  bool RoundDone() const;

  // Whether this round's events may have crashed the process before: they are handled while no
  // other scope's are.
  bool Suspect() const { return !RoundDone() && guard_->suspect(); }
  bool Marked() const { return halted_.empty() && guard_->marked(); }

  // Handles what the budget allows of the round.
  struct Budget {
    size_t events;
    size_t bytes;
    Micros until = kNever;  // SteadyMicros
    void Spend(size_t event_bytes);
    bool left() const { return events > 0 && bytes > 0; }
  };
  void Step(Budget* budget);

  // Before TakeCycle: false if the state could not be read, and the scope has halted: what it
  // computed must not be committed.
  bool CheckState();

  // Asks for a cycle even if nothing happened: it makes the scope's time durable.
  void Touch() { touched_ = touched_ || halted_.empty(); }
  bool touched() const { return touched_; }
  // Whether somebody waits for what was computed since the last cycle.
  bool urgent() const;
  ScopeCycle TakeCycle(Release* release);
  void Committed(uint64_t ticket) { last_ticket_ = ticket; }
  uint64_t last_ticket() const { return last_ticket_; }

  // All read, no timer due at the clock's time, nothing to commit. A halted scope is idle.
  bool Idle() const;
  Micros NextTimer() const;
  uint64_t Lag() const { return inputs_ ? inputs_->Lag() : 0; }
  void LookAhead() {  // for Lag
    if (inputs_) inputs_->LookAhead();
  }

  absl::Status Look(const std::function<absl::Status(Processor&, StateView&)>& fn);

  State* state() { return state_.get(); }
  // What an observer sees. Of a scope that is loaded, with nothing computed that is not durable.
  DurableScope durable() { return {context_.get(), state_.get()}; }

 private:
  absl::Status Acquire(const ServiceSpec& spec);
  std::vector<TopicPartition> InputsOf(const ServiceSpec& spec) const;
  bool AskGuard();
  void FireTimers(Budget* budget);
  absl::Status FireTimer(const std::string& key);
  bool HandleNext(Budget* budget);
  void AdvanceTime(Topic topic, Micros emit_time);
  void HandleRecord(const Inputs::Head& head);
  absl::Status Dispatch(const Inputs::Head& head);
  absl::Status HandleInbox(const StoredRecord& stored);
  void HandleCommand(const StoredRecord& stored, const event::v1::Command& command, bool crashed);
  absl::Status HandleOutcome(const event::v1::EffectOutcome& outcome);
  void HandleCulprit(const Inputs::Head& head);
  void DeadLetter(const Inputs::Head& head, const absl::Status& error);
  void CountCycle();

  const Scope scope_;
  const ScopeEnv& env_;
  std::string halted_;
  bool not_loaded_ = false;
  std::unique_ptr<State> state_;
  std::unique_ptr<ScopeContext> context_;
  std::unique_ptr<Processor> processor_;
  std::unique_ptr<Inputs> inputs_;
  std::unique_ptr<CrashGuard> guard_;
  std::unique_ptr<event::v1::InboxRecord> inbox_;  // reused

  std::vector<Effect> recovered_;
  std::vector<std::string> due_;  // timers of the round, from due_next_ on
  size_t due_next_ = 0;
  bool touched_ = false;
  uint64_t last_ticket_ = 0;

  std::vector<Reply> replies_;
  int64_t events_ = 0;  // of the cycle
  Micros last_emit_time_ = 0;
  Micros clock_ = 0;  // when this Step began: what it handles happens at once
};

}  // namespace dangol
