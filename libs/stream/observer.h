// Who follows what the scopes of a process have made durable, to keep a copy of it elsewhere.
#pragma once

#include <cstdint>
#include <vector>

#include "libs/backbone/state.h"
#include "libs/stream/context.h"

namespace dangol {

// A scope as its last durable commit left it: nothing that is not durable is seen. Valid during the
// call that it is handed to. Read only.
class DurableScope {
 public:
  // Neither is owned.
  DurableScope(StateView* view, State* state) : view_(view), state_(state) {}

  Scope scope() const { return view_->scope(); }
  // The number of that commit in the scope's changelog, 1, 2, 3 …: of two views of a scope over one
  // changelog, the one with the greater number is newer. 0: nothing was committed.
  uint64_t cycle() const { return state_->seal().cycle; }
  StateView& view() const { return *view_; }
  // As State::ScanChanged.
  void ScanChanged(Table table, absl::string_view from, uint64_t since,
                   const State::ChangedFn& fn) const {
    state_->ScanChanged(table, from, since, fn);
  }

 private:
  StateView* const view_;
  State* const state_;
};

// Thread-safe: a scope's calls come one after the other from its worker, those of several scopes
// from several workers. None may wait: the worker stands still meanwhile.
//
// Delivery: at most once. What was committed when the process died was perhaps not told; the next
// owner of the scope finds it by DurableScope::ScanChanged.
class ScopeObserver {
 public:
  virtual ~ScopeObserver() = default;

  // The scope is loaded here; what follows is told of it until Lost. Again without Lost: it was
  // loaded anew.
  virtual void Gained(const DurableScope& scope) = 0;
  // Its memory is gone. Not told when the process ends.
  virtual void Lost(Scope scope) = 0;
  // A commit is durable that changed these records, none twice.
  virtual void Committed(const DurableScope& scope, const std::vector<Change>& changes) = 0;
  // Between cycles, also under load; again at once as long as it answers true: something was done.
  // A few milliseconds at most. Not for a scope that has halted.
  virtual bool Work(const DurableScope& scope) = 0;
};

}  // namespace dangol
