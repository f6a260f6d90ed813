// A queue of tasks and the one thread that runs them; or, without a thread, whoever calls RunOne.
#pragma once

#include <deque>
#include <functional>
#include <thread>

#include "libs/base/mutex.h"
#include "libs/base/types.h"

namespace dangol {

// Thread-safe.
class Executor {
 public:
  ~Executor() { Stop(); }

  // kLow: what the thread does may wait for the processor while others want it.
  enum class Priority { kNormal, kLow };
  void Start(Priority priority = Priority::kNormal);
  // Tasks not yet begun are dropped. Idempotent.
  void Stop();

  void Post(std::function<void()> task);
  // Runs the oldest task on the calling thread; false: there was none.
  bool RunOne();
  bool idle() const;

  // For a task that must try again later: waits, without running tasks, unless there is no thread.
  // False: stopped, do not try again.
  bool Pause(Micros time);
  bool threaded() const { return thread_.joinable(); }

 private:
  void Loop();

  mutable Mutex mu_;
  CondVar wake_;
  std::deque<std::function<void()>> tasks_;  // guarded by mu_
  bool running_ = false;                     // guarded by mu_: a task is being run
  bool stopped_ = false;                     // guarded by mu_
  std::thread thread_;
};

}  // namespace dangol
