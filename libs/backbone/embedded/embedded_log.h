// The event log and the checkpoints in one RocksDB directory: the log of a single machine.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/backbone/checkpoint.h"
#include "libs/backbone/log.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace dangol {

namespace embedded {
class Database;
}  // namespace embedded

// Thread-safe. One process per directory; Own gives it every partition, once.
// Invariants: a write is one atomic batch with the number after the last one's; readers see a
// commit once it is written, and DurableTicket reaches it once the disk has it.
class EmbeddedLog final : public Log {
 public:
  enum class Durability {
    kSync,  // tickets wait for the disk: survives power loss
    kOs,    // tickets do not wait: survives kill -9, but power loss may take the last seconds
  };

  // None may change at run time.
  struct Options {
    // Of a new directory, a power of two up to 4096; 0: 16, or what the directory has. Another
    // count than the directory's is refused. Default 0.
    uint32_t partitions = 0;
    Durability durability = Durability::kSync;
    // Least time between two syncs: what a commit waits for, at most, beside the disk. Default 5
    // ms.
    Micros sync_interval_us = 5 * kMicrosPerMilli;
    // Decoded records kept so that readers at the tail do not touch the disk. Default 128 MiB.
    size_t tail_cache_bytes = size_t{128} << 20;
    // RocksDB's cache for reads of evicted state and of old records. Default 64 MiB.
    size_t block_cache_bytes = size_t{64} << 20;
    // RocksDB's buffer per column family before it writes a file. Default 64 MiB.
    size_t write_buffer_bytes = size_t{64} << 20;
    // Least time between two clean-ups of what was trimmed. Default 30 s.
    Micros trim_interval_us = 30 * kMicrosPerSecond;
    // With less space than this on the disk, Append to ingest is refused; with less than a quarter
    // of it, every write is. 0: no watch. Default 256 MiB.
    uint64_t min_free_bytes = uint64_t{256} << 20;
    // A sync that takes longer makes Health say so, and callers who wait for it are let go. Default
    // 10 s.
    Micros slow_sync_us = 10 * kMicrosPerSecond;
    // For tests: the disk (not owned), and its free space. Default: the machine's.
    rocksdb::Env* env = nullptr;
    std::function<uint64_t()> free_bytes;
  };

  // Counted since Open, except the bytes.
  struct Stats {
    uint64_t bytes_on_disk = 0;
    uint64_t writes = 0;
    uint64_t write_errors = 0;
    uint64_t wal_syncs = 0;
    uint64_t wal_sync_errors = 0;
    uint64_t recoveries = 0;  // from a disk that had refused
    uint64_t refused_appends = 0;
    uint64_t tail_reads = 0;  // Read calls answered from memory
    uint64_t disk_reads = 0;
  };

  // Creates the directory if there is none. FAILED_PRECONDITION: it is another process's, has
  // another partition count or is of a newer format. DATA_LOSS: what is there is damaged or has a
  // gap; restore a backup.
  static absl::StatusOr<std::unique_ptr<EmbeddedLog>> Open(absl::string_view dir, Options options);
  static absl::StatusOr<std::unique_ptr<EmbeddedLog>> Open(absl::string_view dir) {
    return Open(dir, Options());
  }
  ~EmbeddedLog() override;  // syncs

  // Lives as long as the log.
  CheckpointStore& checkpoints();
  Stats stats() const;
  // Why new work is not taken now; OK: it is. The reason (ErrorDetail) is DISK_FULL,
  // DISK_READ_ONLY, DISK_SLOW or DISK_ERROR, which end by themselves when the disk is well again,
  // or DATA_LOSS, which does not.
  absl::Status Health();
  // Frees the disk space of what was trimmed, now; otherwise it happens in the background.
  absl::Status FreeTrimmed();

  // The oldest cycle of the scope that is still in the changelog; 0: none.
  absl::StatusOr<uint64_t> FirstCycle(Scope scope);
  // For backup.h.
  embedded::Database& database();

  uint32_t partitions() const override;
  absl::StatusOr<uint64_t> Append(TopicPartition to, std::vector<Record> records) override;
  absl::StatusOr<uint64_t> AppendAsync(std::vector<Emit> records) override;
  absl::Status AwaitDurable(uint64_t ticket) override;
  absl::StatusOr<Ownership> Own(Service service) override;
  absl::StatusOr<Seal> Replay(Scope scope, uint64_t after_cycle, const ReplayFn& fn) override;
  absl::StatusOr<uint64_t> Read(TopicPartition tp, uint64_t from, size_t max_records,
                                size_t max_bytes, std::vector<StoredRecord>* out) override;
  uint64_t EndOffset(TopicPartition tp) const override;
  uint64_t FirstOffset(TopicPartition tp) const override;
  absl::StatusOr<CommitResult> Commit(const Cycle& cycle) override;
  uint64_t DurableTicket() const override;
  void SetWakeup(std::function<void()> fn) override;
  absl::Status TrimTopic(TopicPartition tp, uint64_t offset) override;
  absl::Status TrimChangelog(Scope scope, uint64_t cycle) override;

 private:
  class Rep;
  explicit EmbeddedLog(std::unique_ptr<Rep> rep);
  const std::unique_ptr<Rep> rep_;
};

}  // namespace dangol
