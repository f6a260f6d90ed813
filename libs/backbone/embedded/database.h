// The RocksDB directory under the embedded log: its column families, options and meta keys. The
// RocksDB headers stay in the .cc files.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/backbone/embedded/embedded_log.h"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class Status;
}  // namespace rocksdb

namespace dangol::embedded {

// One column family per retention: trimming frees blob files only if nothing else lives in them.
enum class Family { kMeta, kDays, kForever, kChangelog, kState };
inline constexpr int kFamilies = 5;
Family FamilyOf(Topic topic);

// Keys of Family::kMeta.
inline constexpr char kWriteNumberKey[] = "write";  // of the last write
std::string FirstOffsetKey(TopicPartition tp);

// UNAVAILABLE, DATA_LOSS for corruption; `what` was being done.
absl::Status FromRocks(const rocksdb::Status& status, absl::string_view what);

// Thread-safe.
class Database {
 public:
  // See EmbeddedLog::Open.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& dir,
                                                        const EmbeddedLog::Options& options);
  ~Database();

  rocksdb::DB& db() { return *db_; }
  rocksdb::ColumnFamilyHandle* family(Family family) { return families_[static_cast<int>(family)]; }
  const std::string& dir() const { return dir_; }
  uint32_t partitions() const { return partitions_; }

  // nullopt: no such key.
  absl::StatusOr<std::optional<std::string>> Get(Family family, absl::string_view key);
  struct Row {
    std::string key;
    std::string value;
  };
  // The last row of the family whose key has `prefix` and is at most `key`.
  absl::StatusOr<std::optional<Row>> LastUpTo(Family family, absl::string_view key,
                                              absl::string_view prefix);
  // Everything written so far is on disk.
  absl::Status Sync();
  // After a failed write or sync: takes writes again if the disk does, with all of them on disk.
  absl::Status Recover();
  // Drops deleted keys, and with them the blob files that only they used.
  absl::Status Compact(Family family);
  uint64_t BytesOnDisk() const;

 private:
  Database(std::string dir, rocksdb::DB* db);
  absl::Status CheckMeta(uint32_t wanted_partitions);
  absl::Status WriteMeta(uint32_t partitions);

  const std::string dir_;
  const std::unique_ptr<rocksdb::DB> db_;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilies> families_ = {};
  uint32_t partitions_ = 0;
};

}  // namespace dangol::embedded
