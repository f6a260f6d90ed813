#include "libs/stream/executor.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <utility>

namespace dangol {
namespace {

constexpr int kLowNice = 10;  // a tenth of the processor beside a busy thread

}  // namespace

void Executor::Start(Priority priority) {
  thread_ = std::thread([this, priority] {
    // On Linux it is the thread's own. Best effort: nothing depends on it but speed.
    if (priority == Priority::kLow) {
      setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kLowNice);
    }
    Loop();
  });
}

void Executor::Stop() {
  {
    MutexLock lock(mu_);
    stopped_ = true;
    tasks_.clear();
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Executor::Post(std::function<void()> task) {
  MutexLock lock(mu_);
  if (stopped_) return;
  tasks_.push_back(std::move(task));
  wake_.notify_all();
}

bool Executor::RunOne() {
  std::function<void()> task;
  {
    MutexLock lock(mu_);
    if (tasks_.empty()) return false;
    task = std::move(tasks_.front());
    tasks_.pop_front();
    running_ = true;
  }
  task();
  MutexLock lock(mu_);
  running_ = false;
  return true;
}

bool Executor::idle() const {
  MutexLock lock(mu_);
  return tasks_.empty() && !running_;
}

bool Executor::Pause(Micros time) {
  MutexLock lock(mu_);
  wake_.wait_for(lock, std::chrono::microseconds(time), [this] { return stopped_; });
  return !stopped_;
}

void Executor::Loop() {
  while (true) {
    {
      MutexLock lock(mu_);
      wake_.wait(lock, [this] { return stopped_ || !tasks_.empty(); });
      if (stopped_) return;
    }
    RunOne();
  }
}

}  // namespace dangol
