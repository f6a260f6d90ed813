// The RocksDB directory under the embedded log: its column families, options and meta keys. The
// RocksDB headers stay in the .cc files.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/backbone/embedded/durable_mark.h"
#include "libs/backbone/embedded/embedded_log.h"
#include "libs/base/mutex.h"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class Status;
class WriteBatch;
}  // namespace rocksdb

namespace dangol::embedded {

// One column family per retention: trimming frees blob files only if nothing else lives in them.
enum class Family { kMeta, kDays, kForever, kChangelog, kState };
inline constexpr int kFamilies = 5;
Family FamilyOf(Topic topic);

// Keys of Family::kMeta.
inline constexpr char kWriteNumberKey[] = "write";  // of the last write
std::string FirstOffsetKey(TopicPartition tp);

// UNAVAILABLE with the disk's reason (disk_watch.h), DATA_LOSS for corruption; `what` was being
// done.
absl::Status FromRocks(const rocksdb::Status& status, absl::string_view what);

// Thread-safe.
class Database {
 public:
  // See EmbeddedLog::Open.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& dir,
                                                        const EmbeddedLog::Options& options);
  ~Database();

  // Calls `fn` while the database is open. UNAVAILABLE while it is not: the disk failed, and Reopen
  // has not succeeded yet. `fn` may use family().
  using Fn = std::function<rocksdb::Status(rocksdb::DB& db)>;
  absl::Status Do(absl::string_view what, const Fn& fn);
  // The same for reads, tried again for a while where the disk cannot be read: who reads halts for
  // good on an error. `fn` may be called several times.
  absl::Status Look(absl::string_view what, const Fn& fn);
  rocksdb::ColumnFamilyHandle* family(Family family) { return families_[static_cast<int>(family)]; }
  const std::string& dir() const { return dir_; }
  uint32_t partitions() const { return partitions_; }
  DurableMark& mark() { return mark_; }

  // nullopt: no such key.
  absl::StatusOr<std::optional<std::string>> Get(Family family, absl::string_view key);
  struct Row {
    std::string key;
    std::string value;
  };
  // The last row of the family whose key has `prefix` and is at most `key`.
  absl::StatusOr<std::optional<Row>> LastUpTo(Family family, absl::string_view key,
                                              absl::string_view prefix);
  // The only way to write. After it or Sync has failed it fails in the same way until Reopen:
  // RocksDB 7.8 ends the process (an assertion of its WritableFileWriter) when a write follows a
  // failed flush of a write-ahead log that was never synced, before it has noted the failure.
  absl::Status Write(absl::string_view what, rocksdb::WriteBatch* batch);
  // Everything written so far is on disk. One thread at a time.
  absl::Status Sync();
  // Whether the disk takes a small file, syncs it and lets it go.
  absl::Status Probe();
  // After a failed write or sync RocksDB refuses for good whatever it takes for fatal, and what of
  // its log reached the disk is uncertain. So it is closed and opened again, as a new process
  // would: what the log holds is then in new files. UNAVAILABLE: still not; it stays closed, try
  // again.
  absl::Status Reopen();
  // Gives up a Compact that is running, and those to come until Reopen.
  void StopCompactions();
  // Closed until the process ends: what is there must not be used.
  void Close();
  // Drops deleted keys, and with them the blob files that only they used.
  absl::Status Compact(Family family);
  uint64_t BytesOnDisk() const;

 private:
  Database(std::string dir, EmbeddedLog::Options options);
  absl::Status OpenFiles(bool create);
  void CloseFiles();
  absl::Status Note(absl::Status status);  // with wal_mu_ held
  absl::Status CheckMeta(uint32_t wanted_partitions);
  absl::Status WriteMeta(uint32_t partitions);

  const std::string dir_;
  const EmbeddedLog::Options options_;
  DurableMark mark_;
  std::shared_mutex open_mu_;        // exclusive: opens and closes
  std::unique_ptr<rocksdb::DB> db_;  // guarded by open_mu_, as families_
  Mutex wal_mu_;                     // before open_mu_; held while bytes go to the write-ahead log
  absl::Status wal_error_;           // guarded by wal_mu_: the first since Reopen
  bool syncing_ = false;             // guarded by wal_mu_
  CondVar synced_;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilies> families_ = {};
  uint32_t partitions_ = 0;
};

}  // namespace dangol::embedded
