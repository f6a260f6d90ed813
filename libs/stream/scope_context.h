// The Context of one scope over its State, with an undo log per event: an event that fails leaves
// nothing behind.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "libs/backbone/state.h"
#include "libs/stream/context.h"
#include "libs/stream/timer_queue.h"

namespace dangol {

// Not thread-safe. Between BeginEvent and EndEvent a processor may use it; the rest of the time it
// is a StateView. Invariant outside an event: the timer queue equals the rows of Table::kTimer.
class ScopeContext : public Context {
 public:
  // `state` must outlive it.
  ScopeContext(Scope scope, uint32_t partitions, State* state, size_t max_record_bytes);

  Scope scope() const override { return scope_; }
  uint32_t partitions() const override { return partitions_; }
  Micros now() const override { return now_; }
  const std::string* Get(Table table, absl::string_view key) override {
    return state_->Get(table, key);
  }
  void Scan(Table table, absl::string_view from, const ScanFn& fn) override {
    state_->Scan(table, from, fn);
  }
  void Put(Table table, absl::string_view key, std::string value) override;
  void Delete(Table table, absl::string_view key) override;
  void Emit(Topic topic, Partition partition, std::string key, std::string value) override;
  uint32_t hops() const override { return hops_; }
  void SetTimer(Timer timer) override;
  void CancelTimer(uint32_t kind, absl::string_view subject) override;
  void RequestEffect(Effect effect) override;
  void FinishEffect(absl::string_view id) override;
  Rng Random(uint64_t subject, absl::string_view salt) const override;
  void Count(absl::string_view name, absl::string_view label, int64_t delta) override;

  // The scope's time goes to `now`, never back.
  void AdvanceNow(Micros now) { now_ = std::max(now_, now); }

  void BeginEvent(uint32_t hops);
  // Keeps what the event did, or undoes all of it if `handled` is an error or the event broke a
  // limit of the runtime; returns that error.
  absl::Status EndEvent(absl::Status handled);

  // Whether anything of it leaves the scope.
  bool leaves() const { return !emits_.empty() || !effects_.empty(); }
  // The scope's part of a cycle so far. The effects are those whose row is still requested.
  std::vector<dangol::Emit> TakeEmits() { return std::exchange(emits_, {}); }
  std::vector<Effect> TakeEffects();
  using Counts = std::map<std::pair<std::string, std::string>, int64_t>;
  Counts TakeCounts() { return std::exchange(counts_, {}); }

  TimerQueue& timers() { return timers_; }
  State& state() { return *state_; }

 private:
  struct Undo {
    Table table;
    bool existed;
    std::string key;
    std::string value;
  };
  struct TimerMove {
    std::string key;
    Micros from;  // kNever: was not set
    Micros to;    // kNever: is not set any more
  };

  void Remember(Table table, absl::string_view key);
  void Rollback();
  void CheckSize(absl::string_view what, size_t bytes);
  void MoveTimer(uint32_t kind, absl::string_view subject, Micros to);

  const Scope scope_;
  const uint32_t partitions_;
  State* const state_;
  const size_t max_record_bytes_;
  Micros now_ = 0;
  uint32_t hops_ = 0;
  TimerQueue timers_;

  // Undo entries are reused, strings and all: the first undo_size_ are of this event.
  std::vector<Undo> undo_;
  size_t undo_size_ = 0;
  std::vector<TimerMove> moves_;
  size_t emits_mark_ = 0;
  size_t effects_mark_ = 0;
  std::vector<std::pair<std::pair<std::string, std::string>, int64_t>> event_counts_;
  absl::Status limit_error_;

  std::vector<dangol::Emit> emits_;
  std::vector<Effect> effects_;
  Counts counts_;
};

}  // namespace dangol
