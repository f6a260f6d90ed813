#include "libs/backbone/embedded/trimmer.h"

#include <chrono>

#include "libs/base/status.h"

namespace dangol::embedded {

Trimmer::Trimmer(Database& database, Micros interval_us)
    : database_(database), interval_us_(interval_us), thread_([this] { Loop(); }) {}

Trimmer::~Trimmer() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
  }
  changed_.notify_all();
  database_.StopCompactions();
  thread_.join();
}

void Trimmer::Mark(Family family) {
  MutexLock lock(mu_);
  marked_.insert(family);
  changed_.notify_all();
}

absl::Status Trimmer::Run() {
  std::set<Family> families;
  {
    MutexLock lock(mu_);
    families.swap(marked_);
  }
  for (const Family family : families) {
    if (absl::Status done = database_.Compact(family); !done.ok()) {
      Mark(family);
      return done;
    }
  }
  return absl::OkStatus();
}

void Trimmer::Loop() {
  const auto interval = std::chrono::microseconds(interval_us_);
  MutexLock lock(mu_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || !marked_.empty(); });
    changed_.wait_for(lock, interval, [&] { return stopping_; });
    if (stopping_) return;
    lock.unlock();
    Run().IgnoreError();  // marked again, and tried again after the interval
    lock.lock();
  }
}

}  // namespace dangol::embedded
