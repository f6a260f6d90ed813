// Runtime: being idle, and the virtual clock.
#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "libs/base/calendar.h"
#include "libs/base/status.h"
#include "libs/stream/runtime.h"

namespace dangol {

constexpr std::chrono::milliseconds kIdleLook(20);

Micros Runtime::NextTimer() const {
  Micros next = kNever;
  for (const auto& worker : workers_) {
    for (const auto& [scope, runner] : worker->runners()) {
      next = std::min(next, runner->NextTimer());
    }
  }
  return next;
}

// Called by a worker that has nothing to do.
bool Runtime::OnIdle() {
  bool moved = false;
  // Between two timers nothing leaves, so time need not wait for the disk; the answer does.
  if (options_.virtual_time && courier_->in_flight() == 0 && workers_[0]->Quiet()) {
    moved = MoveClock();
  }
  MutexLock lock(mu_);
  changed_.notify_all();
  return moved;
}

// Where time stops on its way to where it was sent.
Micros Runtime::NextStop() const {
  const Micros next = NextTimer();
  const Micros step = options_.virtual_step;
  if (step <= 0 || next >= advance_target_ || next % step == 0) {
    return std::min(next, advance_target_);
  }
  return next + std::min(step - next % step, advance_target_ - next);
}

// Everything is quiet at the clock's time: on to the next timer, or to where the clock was sent.
bool Runtime::MoveClock() {
  MutexLock lock(mu_);
  const Micros now = virtual_now_;
  if (advance_target_ <= now) {
    if (workers_[0]->Idle()) advance_done_ = advance_asked_;
    return false;
  }
  const Micros next = std::max(now, NextStop());
  if (next == advance_target_) {
    // Its cycle carries the time, even if nothing else happens at it.
    for (auto& [scope, runner] : workers_[0]->runners()) {
      if (!runner->halted().empty()) continue;
      runner->Touch();
      break;
    }
  }
  virtual_now_ = next;
  return true;
}

absl::Status Runtime::AdvanceTo(Micros to, Micros deadline) {
  if (!options_.virtual_time) {
    return Precondition("CLOCK_NOT_VIRTUAL", "the clock is the wall's; start with --clock=virtual");
  }
  MutexLock lock(mu_);
  if (to < virtual_now_) {
    return BadField("to_time_us", FormatTime(to), "is before the clock",
                    absl::StrCat("at least ", FormatTime(virtual_now_)));
  }
  advance_target_ = std::max(advance_target_, to);
  const uint64_t asked = ++advance_asked_;
  auto done = [&] { return advance_done_ >= asked || (stopping_ && advance_done_ < asked); };
  if (options_.drive == Drive::kManual) {
    lock.unlock();
    Drive([&] { return advance_done_ >= asked; });
    lock.lock();
  } else {
    workers_[0]->Wake();
    const Micros wait = std::clamp<Micros>(deadline - SteadyMicros(), 0, 24 * kMicrosPerHour);
    changed_.wait_for(lock, std::chrono::microseconds(wait), done);
  }
  const bool reached = advance_done_ >= asked;
  lock.unlock();
  if (auto halted = Halted(); !halted.empty()) return Precondition("SCOPE_HALTED", halted.front());
  return reached ? absl::OkStatus() : absl::DeadlineExceededError("time still moves; ask again");
}

bool Runtime::Idle() {
  if (options_.drive == Drive::kManual) {
    return courier_->in_flight() == 0 && background_.idle() && workers_[0]->Idle();
  }
  // What one worker hands to another may hide from one look; not from two without a cycle between.
  auto cycles = [this] {
    uint64_t sum = 0;
    for (auto& worker : workers_) sum += worker->cycles();
    return sum;
  };
  const uint64_t before = cycles();
  for (int pass = 0; pass < 2; ++pass) {
    if (courier_->in_flight() > 0) return false;
    for (auto& worker : workers_) {
      auto idle = std::make_shared<std::atomic<bool>>(false);
      RunOn(*worker, [idle, w = worker.get()] { *idle = w->Idle(/*own_tasks=*/1); });
      if (!*idle) return false;
    }
  }
  return cycles() == before;
}

absl::Status Runtime::WaitIdle(Micros deadline) {
  if (options_.drive == Drive::kManual) {
    return Drive([this] { return Idle(); })
               ? absl::OkStatus()
               : absl::DeadlineExceededError("nothing moves, and it is not idle");
  }
  while (!Idle()) {
    MutexLock lock(mu_);
    if (stopping_) return absl::UnavailableError("stopping");
    if (SteadyMicros() >= deadline) return absl::DeadlineExceededError("not idle yet");
    changed_.wait_for(lock, kIdleLook);
  }
  return absl::OkStatus();
}

}  // namespace dangol
