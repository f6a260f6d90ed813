// Worker: its thread and mailbox.
#include <algorithm>
#include <chrono>
#include <utility>

#include "libs/base/clock.h"
#include "libs/stream/worker.h"

namespace dangol {

// A backstop only: work announces itself by Wake.
constexpr Micros kLongestWait = kMicrosPerSecond;
constexpr Micros kStopPatience = 2 * kMicrosPerSecond;

void Worker::Post(std::function<void()> task) {
  {
    MutexLock lock(mu_);
    tasks_.push_back(std::move(task));
    ++waiting_tasks_;
  }
  Wake();
}

void Worker::Wake() {
  MutexLock lock(mu_);
  if (std::exchange(signalled_, true)) return;
  wake_.notify_one();
}

void Worker::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void Worker::Stop() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    signalled_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Worker::Loop() {
  auto stopping = [this] {
    MutexLock lock(mu_);
    return stopping_;
  };
  while (!stopping()) {
    const bool progress = RunOnce();
    if (progress && cycle_.empty()) continue;
    if (cycle_.empty() && env_->on_idle && env_->on_idle()) continue;
    Wait();
  }
  // What is computed is still committed, and what is committed still released.
  if (gathering()) BuildCycle();
  const Micros give_up = SteadyMicros() + kStopPatience;
  while ((!cycle_.empty() || !held_.empty()) && SteadyMicros() < give_up) {
    if (!cycle_.empty()) TryCommit();
    if (!ReleaseDurable()) Wait();
  }
}

Micros Worker::UntilNextTimer() const {
  Micros next = kNever;
  for (const auto& [scope, runner] : runners_) next = std::min(next, runner->NextTimer());
  if (next == kNever) return kLongestWait;
  return std::max<Micros>(0, next - env_->scope.now());
}

void Worker::Wait() {
  const Micros held = StandsStillFor();
  if (held > 0 || !cycle_.empty()) {  // no round begins, which would tell what has come
    const uint64_t arrived = arrived_;
    for (auto& [scope, runner] : runners_) runner->LookAhead();
    PublishLag(arrived);
  }
  Micros wait = kLongestWait;
  if (!cycle_.empty()) {
    wait = retry_pause_;
  } else if (gathering()) {
    const Micros until = *gathering_since_ + env_->scope.options->commit_delay;
    wait = std::max<Micros>(0, std::min(until - env_->steady(), UntilNextTimer()));
  } else if (held > 0) {
    wait = std::min(wait, held);
  } else if (!env_->scope.options->virtual_time && !others_turn_) {
    wait = std::min(wait, UntilNextTimer());
  }
  MutexLock lock(mu_);
  if (stopping_) wait = std::min(wait, 20 * kMicrosPerMilli);
  // An undecided commit is offered again after its pause, whatever else happens meanwhile.
  const bool retrying = !cycle_.empty();
  wake_.wait_for(lock, std::chrono::microseconds(wait), [&] { return !retrying && signalled_; });
  signalled_ = false;
}

}  // namespace dangol
