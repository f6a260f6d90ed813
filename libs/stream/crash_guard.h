// Crash loops: an event that kills the process must not kill it for ever.
//
// Before a scope's first batch after it was acquired, a row of Table::kMeta says where it stands
// and how often it has tried. When a number of tries (3) at the same place have ended in a crash,
// the batch becomes 1 and each event is named in the row, durably, before it is handled; an event
// that is found named there after as many further tries is the culprit: a process that was killed
// for another reason must not cost an innocent event. For the same reason a scope that has tried
// before does so alone (turns.h): what another scope does must not be counted as its try.
#pragma once

#include <optional>

#include "libs/backbone/state.h"

namespace dangol {

// Not thread-safe. Writes its row into the scope's state; the caller commits it and tells when that
// is durable by going on.
class CrashGuard {
 public:
  // Reads what an earlier owner left. `careful_events`: how many events are named one by one.
  CrashGuard(State* state, size_t careful_events, int attempts);

  enum class Go {
    kFree,  // handle a batch
    kMark,  // a row was written: commit it, make it durable, and ask again
    kOne,   // handle just the event that was named
  };
  // What may be done next, when there is something to do. `next` is the event to be named, or
  // nullopt for timers (named as such).
  struct Named {
    Topic topic;
    uint64_t offset;
  };
  Go Ask(std::optional<Named> next);
  // The batch or event allowed by the last Ask was handled; its cycle is not yet committed.
  void Handled();
  bool waiting() const { return phase_ != Phase::kClear; }
  bool careful() const { return careful_left_ > 0; }
  // Whether what comes next may be what crashed the process before.
  bool suspect() const { return waiting() && attempt_ > 1; }
  // Whether a crash now counts as one more try.
  bool marked() const { return phase_ == Phase::kMarked; }

  // The event that crashed the process when it was handled alone. Timers: `culprit_timers`.
  std::optional<Named> culprit() const { return culprit_; }
  void CulpritGone() { culprit_.reset(); }
  bool culprit_timers() const { return culprit_timers_; }

 private:
  enum class Phase { kFresh, kMarked, kClear };
  void Write(std::optional<Named> named, bool timers);

  State* const state_;
  const size_t careful_events_;
  Phase phase_ = Phase::kFresh;
  int attempt_ = 1;  // of this place; careful ones included
  size_t careful_left_ = 0;
  std::optional<Named> culprit_;
  bool culprit_timers_ = false;
};

}  // namespace dangol
