#include "libs/backbone/embedded/database.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/backbone/embedded/codec.h"
#include "libs/base/status.h"

namespace dangol::embedded {
namespace {

constexpr char kFormatKey[] = "format";
constexpr char kPartitionsKey[] = "partitions";
constexpr int kFormat = 1;
constexpr uint32_t kDefaultPartitions = 16;

constexpr std::array<const char*, kFamilies> kFamilyNames = {"default", "days", "forever",
                                                             "changelog", "state"};

rocksdb::Slice ToSlice(absl::string_view bytes) { return {bytes.data(), bytes.size()}; }

rocksdb::DBOptions DbOptions(const EmbeddedLog::Options& options) {
  rocksdb::DBOptions db;
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  db.track_and_verify_wals_in_manifest = true;
  // A commit's bytes reach the kernel with the next sync; without syncs, with the commit.
  db.manual_wal_flush = options.durability == EmbeddedLog::Durability::kSync;
  db.max_total_wal_size = 4 * options.write_buffer_bytes;
  db.max_background_jobs = 2;
  db.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  db.keep_log_file_num = 5;
  return db;
}

// Values are compressed batches already: they go to blob files, and only keys are compacted.
rocksdb::ColumnFamilyOptions LogFamily(const EmbeddedLog::Options& options) {
  rocksdb::ColumnFamilyOptions family;
  family.write_buffer_size = options.write_buffer_bytes;
  family.compression = rocksdb::kNoCompression;
  family.enable_blob_files = true;
  family.min_blob_size = 64;
  family.blob_file_size = uint64_t{64} << 20;
  return family;
}

rocksdb::ColumnFamilyOptions StateFamily(const EmbeddedLog::Options& options) {
  rocksdb::ColumnFamilyOptions family;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.format_version = 5;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  family.compression = rocksdb::kLZ4Compression;
  family.level_compaction_dynamic_level_bytes = true;
  return family;
}

std::vector<rocksdb::ColumnFamilyDescriptor> Families(const EmbeddedLog::Options& options) {
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const char* name : kFamilyNames) families.emplace_back(name, LogFamily(options));
  families.front().options = rocksdb::ColumnFamilyOptions();
  families.back().options = StateFamily(options);
  return families;
}

absl::Status Newer(const std::string& dir) {
  return Precondition("NEWER_FORMAT", absl::StrCat(dir,
                                                   " was written by a newer version; this one "
                                                   "reads format ",
                                                   kFormat));
}

absl::Status CheckFamilies(const std::string& dir, const rocksdb::DBOptions& options) {
  std::vector<std::string> names;
  if (!rocksdb::DB::ListColumnFamilies(options, dir, &names).ok()) return absl::OkStatus();  // new
  for (const std::string& name : names) {
    const bool known =
        std::find(kFamilyNames.begin(), kFamilyNames.end(), name) != kFamilyNames.end();
    if (!known) return Newer(dir);
  }
  return absl::OkStatus();
}

absl::Status OpenError(const rocksdb::Status& status, const std::string& dir) {
  if (status.IsIOError() && absl::StrContains(status.ToString(), "lock")) {
    return Precondition("DIRECTORY_IN_USE",
                        absl::StrCat(dir,
                                     " is in use by another process; stop it or name another "
                                     "directory (",
                                     status.ToString(), ")"));
  }
  return FromRocks(status, absl::StrCat("opening ", dir));
}

}  // namespace

Family FamilyOf(Topic topic) {
  return RetentionOf(topic) == Retention::kForever ? Family::kForever : Family::kDays;
}

std::string FirstOffsetKey(TopicPartition tp) { return absl::StrCat("first/", TopicPrefix(tp)); }

absl::Status FromRocks(const rocksdb::Status& status, absl::string_view what) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = absl::StrCat(what, ": ", status.ToString());
  if (status.IsCorruption()) {
    return absl::DataLossError(absl::StrCat(text, "; restore the directory from a backup"));
  }
  if (status.IsNoSpace()) return absl::UnavailableError(absl::StrCat(text, "; free disk space"));
  return absl::UnavailableError(text);
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& dir,
                                                         const EmbeddedLog::Options& options) {
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  if (error)
    return BadField("data directory", dir, error.message(), "name one that can be written");
  const rocksdb::DBOptions db_options = DbOptions(options);
  DANGOL_RETURN_IF_ERROR(CheckFamilies(dir, db_options));
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status opened =
      rocksdb::DB::Open(db_options, dir, Families(options), &handles, &raw);
  if (!opened.ok()) return OpenError(opened, dir);
  std::unique_ptr<Database> database(new Database(dir, raw));
  std::copy(handles.begin(), handles.end(), database->families_.begin());
  DANGOL_RETURN_IF_ERROR(database->CheckMeta(options.partitions));
  return database;
}

Database::Database(std::string dir, rocksdb::DB* db) : dir_(std::move(dir)), db_(db) {}

Database::~Database() {
  for (rocksdb::ColumnFamilyHandle* family : families_) {
    if (family != nullptr) db_->DestroyColumnFamilyHandle(family);
  }
  db_->Close();
}

absl::Status Database::CheckMeta(uint32_t wanted) {
  DANGOL_ASSIGN_OR_RETURN(const std::optional<std::string> format, Get(Family::kMeta, kFormatKey));
  if (!format) return WriteMeta(wanted == 0 ? kDefaultPartitions : wanted);
  int version = 0;
  if (!absl::SimpleAtoi(*format, &version) || version > kFormat) return Newer(dir_);
  DANGOL_ASSIGN_OR_RETURN(const std::optional<std::string> count,
                          Get(Family::kMeta, kPartitionsKey));
  if (!count || !absl::SimpleAtoi(*count, &partitions_)) {
    return absl::DataLossError(absl::StrCat(dir_, ": the partition count is not there"));
  }
  if (wanted != 0 && wanted != partitions_) {
    return Precondition("PARTITION_COUNT",
                        absl::StrCat(dir_, " has ", partitions_, " partitions, not ", wanted,
                                     "; the count is fixed when a directory is created"));
  }
  return absl::OkStatus();
}

absl::Status Database::WriteMeta(uint32_t partitions) {
  if (partitions > kSlots || (partitions & (partitions - 1)) != 0) {
    return BadField("partitions", absl::StrCat(partitions), "is not a power of two up to 4096",
                    "use 16");
  }
  DANGOL_ASSIGN_OR_RETURN(const std::optional<std::string> written,
                          Get(Family::kMeta, kWriteNumberKey));
  if (written) return absl::DataLossError(absl::StrCat(dir_, ": the format version is not there"));
  rocksdb::WriteBatch batch;
  batch.Put(family(Family::kMeta), kFormatKey, absl::StrCat(kFormat));
  batch.Put(family(Family::kMeta), kPartitionsKey, absl::StrCat(partitions));
  rocksdb::WriteOptions sync;
  sync.sync = true;
  partitions_ = partitions;
  return FromRocks(db_->Write(sync, &batch), absl::StrCat("creating ", dir_));
}

absl::StatusOr<std::optional<std::string>> Database::Get(Family in, absl::string_view key) {
  std::string value;
  const rocksdb::Status read = db_->Get(rocksdb::ReadOptions(), family(in), ToSlice(key), &value);
  if (read.IsNotFound()) return std::optional<std::string>();
  if (!read.ok()) return FromRocks(read, absl::StrCat("reading ", dir_));
  return std::optional<std::string>(std::move(value));
}

absl::StatusOr<std::optional<Database::Row>> Database::LastUpTo(Family in, absl::string_view key,
                                                                absl::string_view prefix) {
  rocksdb::ReadOptions read;
  const rocksdb::Slice lower = ToSlice(prefix);
  read.iterate_lower_bound = &lower;
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(read, family(in)));
  it->SeekForPrev(ToSlice(key));
  if (!it->Valid()) {
    if (!it->status().ok()) return FromRocks(it->status(), absl::StrCat("reading ", dir_));
    return std::optional<Row>();
  }
  return std::optional<Row>(Row{it->key().ToString(), it->value().ToString()});
}

absl::Status Database::Sync() {
  return FromRocks(db_->FlushWAL(true), absl::StrCat("syncing ", dir_));
}

absl::Status Database::Recover() {
  DANGOL_RETURN_IF_ERROR(FromRocks(db_->Resume(), absl::StrCat("resuming ", dir_)));
  const std::vector<rocksdb::ColumnFamilyHandle*> all(families_.begin(), families_.end());
  return FromRocks(db_->Flush(rocksdb::FlushOptions(), all), absl::StrCat("flushing ", dir_));
}

absl::Status Database::Compact(Family which) {
  return FromRocks(
      db_->CompactRange(rocksdb::CompactRangeOptions(), family(which), nullptr, nullptr),
      absl::StrCat("compacting ", dir_));
}

uint64_t Database::BytesOnDisk() const {
  uint64_t bytes = 0;
  std::error_code ignored;  // files come and go meanwhile
  std::filesystem::recursive_directory_iterator it(dir_, ignored);
  for (; it != std::filesystem::recursive_directory_iterator(); it.increment(ignored)) {
    std::error_code gone;
    const uint64_t size = it->is_regular_file(gone) ? it->file_size(gone) : 0;
    if (!gone) bytes += size;
    if (ignored) break;
  }
  return bytes;
}

}  // namespace dangol::embedded
