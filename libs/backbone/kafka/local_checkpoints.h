// The cluster engine's checkpoints: a RocksDB directory of this process, which a crash does not
// wipe. What is in it is a copy of what the changelogs say; losing it costs a longer replay.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "libs/backbone/checkpoint.h"
#include "libs/backbone/kafka/changelog_marks.h"
#include "libs/base/clock.h"

namespace dangol::embedded {
class Checkpoints;
class Database;
}  // namespace dangol::embedded

namespace dangol::kafka {

// Thread-safe. With each scope's seal it keeps the changelog's id, up to which offset the
// checkpoint covers it, and when it was written, in the same file as the tables. SealOf of a scope
// that is being acquired drops a checkpoint that is of another changelog, or so old that compaction
// may have removed tombstones that it has not seen; of another it tells the log where its replay
// begins.
class LocalCheckpoints final : public CheckpointStore {
 public:
  static constexpr Micros kOldest = 3 * kMicrosPerDay;

  // Creates the directory if there is none. `marks` and `clock` are not owned and outlive it.
  // FAILED_PRECONDITION: another process uses it, or it is of another number of partitions.
  static absl::StatusOr<std::unique_ptr<LocalCheckpoints>> Open(const std::string& dir,
                                                                uint32_t partitions,
                                                                ChangelogMarks* marks,
                                                                const Clock* clock);
  ~LocalCheckpoints() override;

  absl::Status Ingest(Checkpoint checkpoint) override;
  absl::StatusOr<std::optional<Seal>> SealOf(Scope scope) override;
  absl::StatusOr<std::optional<std::string>> Get(Scope scope, Table table,
                                                 absl::string_view key) override;
  absl::Status Scan(Scope scope, Table table, absl::string_view from, const ScanFn& fn) override;
  absl::Status Drop(Scope scope) override;

  // Checkpoints that SealOf has dropped.
  uint64_t dropped() const { return dropped_; }

 private:
  LocalCheckpoints(std::unique_ptr<embedded::Database> database, ChangelogMarks* marks,
                   const Clock* clock);
  // nullopt: it must not be used.
  absl::StatusOr<std::optional<uint64_t>> OffsetOf(Scope scope);

  const std::unique_ptr<embedded::Database> database_;
  const std::unique_ptr<embedded::Checkpoints> tables_;
  ChangelogMarks& marks_;
  const Clock& clock_;
  std::atomic<uint64_t> dropped_ = 0;
};

}  // namespace dangol::kafka
