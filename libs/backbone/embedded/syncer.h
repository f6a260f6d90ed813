// Makes writes durable in groups: the thread that syncs the write-ahead log.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "absl/status/status.h"
#include "libs/backbone/embedded/database.h"
#include "libs/base/mutex.h"

namespace dangol::embedded {

// Thread-safe. Invariant: durable() never passes a write that the disk has not confirmed (under
// Durability::kOs, the kernel).
class Syncer {
 public:
  // `on_durable` is called from the sync thread after each advance; under kOs, never.
  Syncer(Database& database, const EmbeddedLog::Options& options, uint64_t durable,
         std::function<void()> on_durable);
  ~Syncer();  // syncs what is left

  void Committed(uint64_t ticket);
  // A write was refused, so RocksDB refuses all: recovers in the background until it takes them.
  void Failed(absl::Status status);
  uint64_t durable() const { return durable_.load(std::memory_order_acquire); }
  // Returns once `ticket` is durable. UNAVAILABLE: the disk refuses, and nobody knows.
  absl::Status Wait(uint64_t ticket);

  uint64_t syncs() const { return syncs_.load(std::memory_order_relaxed); }
  uint64_t errors() const { return errors_.load(std::memory_order_relaxed); }

 private:
  void Run();

  Database& database_;
  const Micros interval_us_;
  const bool waits_for_disk_;
  const std::function<void()> on_durable_;
  std::atomic<uint64_t> durable_;
  std::atomic<uint64_t> syncs_ = 0;
  std::atomic<uint64_t> errors_ = 0;
  Mutex mu_;
  CondVar changed_;
  uint64_t committed_;     // guarded by mu_
  absl::Status status_;    // guarded by mu_: of the last write or sync
  bool stopping_ = false;  // guarded by mu_
  std::thread thread_;
};

}  // namespace dangol::embedded
