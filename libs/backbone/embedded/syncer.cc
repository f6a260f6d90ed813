#include "libs/backbone/embedded/syncer.h"

#include <algorithm>
#include <chrono>

#include "libs/base/clock.h"

namespace dangol::embedded {
namespace {

constexpr Micros kRetryInterval = 200 * kMicrosPerMilli;

}  // namespace

Syncer::Syncer(Database& database, const EmbeddedLog::Options& options, uint64_t durable,
               std::function<void()> on_durable)
    : database_(database),
      interval_us_(options.sync_interval_us),
      waits_for_disk_(options.durability == EmbeddedLog::Durability::kSync),
      on_durable_(std::move(on_durable)),
      durable_(durable),
      committed_(durable) {
  thread_ = std::thread([this] { Run(); });
}

Syncer::~Syncer() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  database_.Sync().IgnoreError();  // nobody is left to be told
}

void Syncer::Committed(uint64_t ticket) {
  MutexLock lock(mu_);
  committed_ = std::max(committed_, ticket);
  if (!waits_for_disk_) durable_.store(committed_, std::memory_order_release);
  changed_.notify_all();
}

void Syncer::Failed(absl::Status status) {
  MutexLock lock(mu_);
  if (status_.ok()) status_ = std::move(status);
  changed_.notify_all();
}

absl::Status Syncer::Wait(uint64_t ticket) {
  MutexLock lock(mu_);
  const uint64_t errors = this->errors();
  changed_.wait(lock, [&] { return durable() >= ticket || this->errors() != errors || stopping_; });
  if (durable() >= ticket) return absl::OkStatus();
  return status_.ok() ? absl::UnavailableError("the log is closing") : status_;
}

void Syncer::Run() {
  Micros next_us = 0;
  MutexLock lock(mu_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || committed_ > durable() || !status_.ok(); });
    if (stopping_) return;
    for (Micros left; !stopping_ && (left = next_us - SteadyMicros()) > 0;) {
      changed_.wait_for(lock, std::chrono::microseconds(left), [&] { return stopping_; });
    }
    const uint64_t ticket = committed_;
    const bool failed_before = !status_.ok();
    lock.unlock();
    next_us = SteadyMicros() + interval_us_;
    // After a failed sync the kernel may have dropped the pages: syncing again proves nothing, and
    // what follows a torn record would not be replayed. Recovery writes everything elsewhere.
    absl::Status synced = failed_before ? database_.Recover() : database_.Sync();
    lock.lock();
    if (synced.ok()) {
      syncs_.fetch_add(1, std::memory_order_relaxed);
      durable_.store(ticket, std::memory_order_release);
    } else {
      errors_.fetch_add(1, std::memory_order_relaxed);
      next_us = SteadyMicros() + kRetryInterval;
    }
    status_ = std::move(synced);
    changed_.notify_all();
    const bool advanced = status_.ok();
    lock.unlock();
    if (advanced) on_durable_();
    lock.lock();
  }
}

}  // namespace dangol::embedded
