#include "libs/backbone/embedded/syncer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/backbone/embedded/disk_watch.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"

namespace dangol::embedded {
namespace {

constexpr Micros kRetryInterval = 200 * kMicrosPerMilli;

}  // namespace

Syncer::Syncer(Database& database, const EmbeddedLog::Options& options, uint64_t durable,
               Calls calls)
    : database_(database),
      interval_us_(options.sync_interval_us),
      waits_for_disk_(options.durability == EmbeddedLog::Durability::kSync),
      slow_us_(options.slow_sync_us),
      calls_(std::move(calls)),
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

absl::Status Syncer::SlowError() const {
  return DiskUnavailable(kDiskSlow,
                         absl::StrCat("a sync of ", database_.dir(), " takes longer than ",
                                      slow_us_ / kMicrosPerMilli, " ms"));
}

absl::Status Syncer::Writable() {
  MutexLock lock(mu_);
  return status_;
}

absl::Status Syncer::Health() {
  if (absl::Status status = Writable(); !status.ok()) return status;
  const Micros began = began_us_;
  return began == 0 || SteadyMicros() - began < slow_us_ ? absl::OkStatus() : SlowError();
}

absl::Status Syncer::Wait(uint64_t ticket) {
  MutexLock lock(mu_);
  const uint64_t errors = this->errors();
  const bool in_time = changed_.wait_for(lock, std::chrono::microseconds(slow_us_), [&] {
    return durable() >= ticket || this->errors() != errors || stopping_;
  });
  if (durable() >= ticket) return absl::OkStatus();
  if (!in_time) return SlowError();
  return status_.ok() ? absl::UnavailableError("the log is closing") : status_;
}

absl::StatusOr<uint64_t> Syncer::Turn(uint64_t committed, bool failed_before) {
  began_us_ = SteadyMicros();
  absl::StatusOr<uint64_t> durable = committed;
  if (failed_before) {
    // After a failed sync the kernel may have dropped the pages: syncing again proves nothing.
    durable = calls_.recover();
    if (durable.ok()) recoveries_.fetch_add(1, std::memory_order_relaxed);
  } else if (const absl::Status synced = database_.Sync(); !synced.ok()) {
    durable = synced;
  }
  began_us_ = 0;
  if (durable.ok()) database_.mark().Write(*durable);
  return durable;
}

void Syncer::Run() {
  Micros next_us = 0;
  MutexLock lock(mu_);
  while (true) {
    // What the disk lost it does not give back; every try would open again what must not be used.
    changed_.wait(lock, [&] {
      return stopping_ || ((committed_ > durable() || !status_.ok()) && !absl::IsDataLoss(status_));
    });
    if (stopping_) return;
    for (Micros left; !stopping_ && (left = next_us - SteadyMicros()) > 0;) {
      changed_.wait_for(lock, std::chrono::microseconds(left), [&] { return stopping_; });
    }
    const uint64_t ticket = committed_;
    const bool failed_before = !status_.ok();
    lock.unlock();
    next_us = SteadyMicros() + interval_us_;
    const absl::StatusOr<uint64_t> synced = Turn(ticket, failed_before);
    lock.lock();
    if (synced.ok()) {
      syncs_.fetch_add(1, std::memory_order_relaxed);
      durable_.store(*synced, std::memory_order_release);
      committed_ = std::max(committed_, *synced);
    } else {
      errors_.fetch_add(1, std::memory_order_relaxed);
      next_us = SteadyMicros() + kRetryInterval;
    }
    // A write that was refused meanwhile is not made good by a sync of those before it.
    if (failed_before || !synced.ok() || status_.ok()) status_ = synced.status();
    changed_.notify_all();
    const bool advanced = synced.ok();
    lock.unlock();
    if (advanced) calls_.on_durable();
    lock.lock();
  }
}

}  // namespace dangol::embedded
