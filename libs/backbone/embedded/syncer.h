// Makes writes durable in groups: the thread that syncs the write-ahead log.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/backbone/embedded/database.h"
#include "libs/base/mutex.h"

namespace dangol::embedded {

// Thread-safe. Invariant: durable() never passes a write that the disk has not confirmed (under
// Durability::kOs, the kernel).
class Syncer {
 public:
  struct Calls {
    // From the sync thread after each advance; under kOs, never.
    std::function<void()> on_durable;
    // From the sync thread after a failure, until it succeeds or data is lost: the number of the
    // last write, with all up to it on disk.
    std::function<absl::StatusOr<uint64_t>()> recover;
  };
  Syncer(Database& database, const EmbeddedLog::Options& options, uint64_t durable, Calls calls);
  ~Syncer();  // syncs what is left

  void Committed(uint64_t ticket);
  // A write was refused, so RocksDB refuses all: recovers in the background until it takes them.
  void Failed(absl::Status status);
  // Not OK: why writes are refused until recovery has succeeded.
  absl::Status Writable();
  // The same, and UNAVAILABLE (DISK_SLOW) while a sync takes too long.
  absl::Status Health();
  uint64_t durable() const { return durable_.load(std::memory_order_acquire); }
  // Returns once `ticket` is durable. UNAVAILABLE: the disk refuses or is slow, and nobody knows.
  absl::Status Wait(uint64_t ticket);

  uint64_t syncs() const { return syncs_.load(std::memory_order_relaxed); }
  uint64_t errors() const { return errors_.load(std::memory_order_relaxed); }
  uint64_t recoveries() const { return recoveries_.load(std::memory_order_relaxed); }

 private:
  void Run();
  // One sync, or one try to recover. What is durable after it.
  absl::StatusOr<uint64_t> Turn(uint64_t committed, bool failed_before);
  absl::Status SlowError() const;

  Database& database_;
  const Micros interval_us_;
  const bool waits_for_disk_;
  const Micros slow_us_;
  const Calls calls_;
  std::atomic<uint64_t> durable_;
  std::atomic<uint64_t> syncs_ = 0;
  std::atomic<uint64_t> errors_ = 0;
  std::atomic<uint64_t> recoveries_ = 0;
  std::atomic<Micros> began_us_ = 0;  // the sync under way; 0: none
  Mutex mu_;
  CondVar changed_;
  uint64_t committed_;     // guarded by mu_
  absl::Status status_;    // guarded by mu_: of the last write or sync
  bool stopping_ = false;  // guarded by mu_
  std::thread thread_;
};

}  // namespace dangol::embedded
