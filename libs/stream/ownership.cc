// Runtime: which worker runs which scope, and what the control thread does now and then.
#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/stream/runtime.h"

namespace dangol {

void Runtime::PollOwnership() {
  for (const ServiceSpec& spec : specs_) {
    // A second call tells the log that what was lost may go to the next owner.
    for (bool lost = true; lost;) lost = PollOwnership(spec.service) && control_.joinable();
  }
  for (auto& worker : workers_) {
    if (worker->awaits_loading()) Hand(*worker, [w = worker.get()] { w->AcquireAgain(); });
  }
}

// True if scopes were lost.
bool Runtime::PollOwnership(Service service) {
  absl::StatusOr<Ownership> changed = log_->Own(service);
  if (!changed.ok()) {
    options_.metrics->Add("dangol_own_failures_total", {}, 1);
    return false;
  }
  // Own is not called again before the lost scopes' cycles are dropped.
  for (Scope scope : changed->lost) Lose(scope);
  for (Scope scope : changed->gained) Gain(scope);
  return !changed->lost.empty();
}

// Before the threads run, this is the only one.
void Runtime::Hand(Worker& worker, std::function<void()> task) {
  if (options_.drive == Drive::kManual || !control_.joinable()) {
    task();
  } else {
    worker.Post(std::move(task));
  }
}

void Runtime::Gain(Scope scope) {
  size_t worker = 0;
  {
    MutexLock lock(mu_);
    std::vector<size_t> load(workers_.size());
    for (const auto& [owned, index] : owners_) ++load[index];
    auto least = std::min_element(load.begin(), load.end());
    worker = static_cast<size_t>(least - load.begin());
    if (auto it = owners_.find(scope); it != owners_.end()) worker = it->second;
    owners_[scope] = worker;
  }
  auto spec = std::find_if(specs_.begin(), specs_.end(),
                           [&](const ServiceSpec& s) { return s.service == scope.service; });
  Worker& w = *workers_[worker];
  auto acquire = [this, &w, scope, spec] {
    w.Acquire(scope, *spec);
    if (!options_.virtual_time) return;
    // The clock goes on from the latest that any scope has seen.
    const Micros seen = w.runners().at(scope)->now();
    if (seen > virtual_now_) virtual_now_ = seen;
  };
  Hand(w, acquire);
}

void Runtime::Lose(Scope scope) {
  Worker* worker = OwnerOf(scope);
  if (worker == nullptr) return;
  RunOn(*worker, [worker, scope] { worker->Drop(scope); });
  MutexLock lock(mu_);
  owners_.erase(scope);
}

// Runs `task` on the worker and waits for it.
void Runtime::RunOn(Worker& worker, std::function<void()> task) {
  if (options_.drive == Drive::kManual) return task();
  struct Done {
    Mutex mu;
    CondVar cv;
    bool done = false;
  };
  auto done = std::make_shared<Done>();
  worker.Post([task = std::move(task), done] {
    task();
    MutexLock lock(done->mu);
    done->done = true;
    done->cv.notify_all();
  });
  auto stopping = [this] {
    MutexLock lock(mu_);
    return stopping_;
  };
  MutexLock lock(done->mu);
  // A worker that has stopped runs no more tasks.
  while (!done->done && !stopping()) done->cv.wait_for(lock, std::chrono::milliseconds(100));
}

Worker* Runtime::OwnerOf(Scope scope) const {
  MutexLock lock(mu_);
  auto it = owners_.find(scope);
  return it == owners_.end() ? nullptr : workers_[it->second].get();
}

std::vector<Scope> Runtime::Owned() const {
  MutexLock lock(mu_);
  std::vector<Scope> scopes;
  for (const auto& [scope, worker] : owners_) scopes.push_back(scope);
  return scopes;
}

void Runtime::CheckpointSoon() {
  for (auto& worker : workers_) {
    auto checkpoint = [w = worker.get()] { w->Checkpoint(); };
    if (options_.drive == Drive::kManual) {
      checkpoint();
    } else {
      worker->Post(checkpoint);
    }
  }
}

void Runtime::TrimNow() {
  if (!options_.trim_topics) return;
  auto positions = std::make_shared<ReaderPositions>();
  for (auto& worker : workers_) {
    RunOn(*worker, [positions, w = worker.get()] {
      for (auto& [scope, runner] : w->runners()) {
        if (runner->state() != nullptr) positions->Add(*runner, runner->state()->seal());
      }
    });
  }
  // Positions that a power cut could take back are left for the next time.
  if (log_->DurableTicket() < positions->ticket()) return;
  TrimTopics(env_.scope, specs_, *positions);
}

void Runtime::PublishLag() {
  for (const ServiceSpec& spec : specs_) {
    uint64_t lag = 0;
    for (const auto& worker : workers_) lag += worker->lag(spec.service);
    options_.metrics->Set("dangol_lag_records", {{{"service", ServiceName(spec.service)}}},
                          static_cast<double>(lag));
  }
}

void Runtime::ControlLoop() {
  Micros trimmed = SteadyMicros();
  MutexLock lock(mu_);
  while (!stopping_) {
    changed_.wait_for(lock, std::chrono::microseconds(options_.own_interval),
                      [this] { return stopping_; });
    if (stopping_) return;
    lock.unlock();
    PollOwnership();
    PublishLag();
    if (SteadyMicros() - trimmed >= options_.trim_interval) {
      TrimNow();
      trimmed = SteadyMicros();
    }
    lock.lock();
  }
}

}  // namespace dangol
