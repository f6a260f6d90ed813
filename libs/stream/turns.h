// Whose turn it is among the workers of a process. Cycles are computed side by side; that of a
// scope whose events may have crashed the process is computed alone, so that another crash is
// blamed on nobody else.
#pragma once

#include <set>

#include "libs/base/mutex.h"

namespace dangol {

// Thread-safe. `who` is a worker.
class Turns {
 public:
  // Before a cycle is computed, and any number of times while it is. False: somebody else is alone,
  // or is about to be.
  bool Begin(const void* who) {
    MutexLock lock(mu_);
    if (alone_ != nullptr && alone_ != who) return false;
    running_.insert(who);
    return true;
  }
  // The same, alone. False: others have not ended their turns yet; none begins another one
  // meanwhile.
  bool BeginAlone(const void* who) {
    MutexLock lock(mu_);
    if (alone_ != nullptr && alone_ != who) return false;
    alone_ = who;
    running_.insert(who);
    return running_.size() == 1;
  }
  // The cycle is committed, or was none. True: somebody may have waited for this.
  bool End(const void* who) {
    MutexLock lock(mu_);
    running_.erase(who);
    if (alone_ == nullptr) return false;
    if (alone_ == who) alone_ = nullptr;
    return true;
  }

 private:
  Mutex mu_;
  std::set<const void*> running_;  // guarded by mu_
  const void* alone_ = nullptr;    // guarded by mu_
};

}  // namespace dangol
