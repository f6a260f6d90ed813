// The callback behind Log::SetWakeup.
#pragma once

#include <functional>
#include <utility>

#include "libs/base/mutex.h"

namespace dangol {

// Thread-safe. Invariant: at most one call of the function runs, and none after Set has returned
// with another.
class Wakeup {
 public:
  void Set(std::function<void()> fn) {
    MutexLock lock(mu_);
    fn_ = std::move(fn);
  }
  void Call() {
    MutexLock lock(mu_);
    if (fn_) fn_();
  }

 private:
  Mutex mu_;
  std::function<void()> fn_;
};

}  // namespace dangol
