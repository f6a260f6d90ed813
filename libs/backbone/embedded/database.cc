#include "libs/backbone/embedded/database.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/backbone/embedded/codec.h"
#include "libs/backbone/embedded/disk_watch.h"
#include "libs/backbone/embedded/rocks_log.h"
#include "libs/backbone/partition_count.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"

namespace dangol::embedded {
namespace {

constexpr char kFormatKey[] = "format";
constexpr char kPartitionsKey[] = "partitions";
constexpr int kFormat = 1;
constexpr uint32_t kDefaultPartitions = 16;
// A disk that cannot be read for this long is given up.
constexpr Micros kReadPatience = kMicrosPerMinute;
constexpr std::chrono::milliseconds kReadPause(50);

constexpr std::array<const char*, kFamilies> kFamilyNames = {"default", "days", "forever",
                                                             "changelog", "state"};

rocksdb::Slice ToSlice(absl::string_view bytes) { return {bytes.data(), bytes.size()}; }

// One way to recover: Reopen.
class NoRecoveryOfItsOwn final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

rocksdb::DBOptions DbOptions(const EmbeddedLog::Options& options) {
  rocksdb::DBOptions db;
  if (options.env != nullptr) db.env = options.env;
  db.max_bgerror_resume_count = 0;  // Reopen does it
  db.listeners.push_back(std::make_shared<NoRecoveryOfItsOwn>());
  db.create_missing_column_families = true;
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  db.track_and_verify_wals_in_manifest = true;
  // A commit's bytes reach the kernel with the next sync; without syncs, with the commit.
  db.manual_wal_flush = options.durability == EmbeddedLog::Durability::kSync;
  db.max_total_wal_size = 4 * options.write_buffer_bytes;
  db.max_background_jobs = 2;
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
  // Only a process that died while it made the directory leaves fewer; else the manifest is cut
  // short, and what the missing ones hold would be dropped.
  if (names.size() < kFamilyNames.size() && DurableMark(dir).Read() > 0) {
    return absl::DataLossError(absl::StrCat(dir, ": the manifest knows ", names.size(), " of ",
                                            kFamilyNames.size(),
                                            " column families; restore a backup"));
  }
  return absl::OkStatus();
}

absl::Status OpenError(const rocksdb::Status& status, const std::string& dir) {
  const std::string text = status.ToString();  // with paths, which may say "lock"
  if (status.IsIOError() && (absl::StrContains(text, "While lock file: ") ||
                             absl::StrContains(text, "lock hold by current process"))) {
    return Precondition("DIRECTORY_IN_USE",
                        absl::StrCat(dir,
                                     " is in use by another process; stop it or name another "
                                     "directory (",
                                     text, ")"));
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
  if (status.IsCorruption() || status.IsPathNotFound()) {
    return absl::DataLossError(absl::StrCat(text, "; restore the directory from a backup"));
  }
  if (status.IsNoSpace()) {
    return DiskUnavailable(kDiskFull, absl::StrCat(text, "; writing goes on once there is space"));
  }
  const bool read_only = absl::StrContains(text, "Read-only file system");
  return DiskUnavailable(read_only ? kDiskReadOnly : kDiskError, text);
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& dir,
                                                         const EmbeddedLog::Options& options) {
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  if (error)
    return BadField("data directory", dir, error.message(), "name one that can be written");
  DANGOL_RETURN_IF_ERROR(CheckFamilies(dir, DbOptions(options)));
  std::unique_ptr<Database> database(new Database(dir, options));
  DANGOL_RETURN_IF_ERROR(database->OpenFiles(/*create=*/true));
  DANGOL_RETURN_IF_ERROR(database->CheckMeta(options.partitions));
  return database;
}

Database::Database(std::string dir, EmbeddedLog::Options options)
    : dir_(std::move(dir)), options_(std::move(options)), mark_(dir_) {}

Database::~Database() { CloseFiles(); }

absl::Status Database::OpenFiles(bool create) {
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* raw = nullptr;
  rocksdb::DBOptions options = DbOptions(options_);
  options.create_if_missing = create;
  options.info_log = std::make_shared<RocksLog>(dir_);
  const rocksdb::Status opened =
      rocksdb::DB::Open(options, dir_, Families(options_), &handles, &raw);
  if (!opened.ok()) return OpenError(opened, dir_);
  db_.reset(raw);
  std::copy(handles.begin(), handles.end(), families_.begin());
  return absl::OkStatus();
}

void Database::CloseFiles() {
  if (db_ == nullptr) return;
  for (rocksdb::ColumnFamilyHandle*& family : families_) {
    if (family != nullptr) db_->DestroyColumnFamilyHandle(std::exchange(family, nullptr));
  }
  db_->Close().PermitUncheckedError();
  db_.reset();
}

void Database::StopCompactions() {
  const std::shared_lock open(open_mu_);
  if (db_ != nullptr) db_->DisableManualCompaction();
}

void Database::Close() {
  StopCompactions();  // one that runs would hold us up
  const std::unique_lock closed(open_mu_);
  CloseFiles();
}

absl::Status Database::Reopen() {
  Close();
  {
    const std::unique_lock closed(open_mu_);
    DANGOL_RETURN_IF_ERROR(OpenFiles(/*create=*/false));  // its disk may not be mounted now
  }
  MutexLock lock(wal_mu_);
  wal_error_ = absl::OkStatus();
  return absl::OkStatus();
}

absl::Status Database::Do(absl::string_view what, const Fn& fn) {
  const std::shared_lock open(open_mu_);
  if (db_ == nullptr) {
    return DiskUnavailable(kDiskError, absl::StrCat(what, ": ", dir_, " is being opened again"));
  }
  return FromRocks(fn(*db_), what);
}

absl::Status Database::Look(absl::string_view what, const Fn& fn) {
  const Micros give_up = SteadyMicros() + kReadPatience;
  absl::Status status = Do(what, fn);
  while (absl::IsUnavailable(status) && SteadyMicros() < give_up) {
    std::this_thread::sleep_for(kReadPause);
    status = Do(what, fn);
  }
  return status;
}

absl::Status Database::Probe() {
  rocksdb::Env* env = options_.env != nullptr ? options_.env : rocksdb::Env::Default();
  const std::string path = absl::StrCat(dir_, "/probe");
  rocksdb::Status status =
      rocksdb::WriteStringToFile(env, std::string(4096, 'x'), path, /*should_sync=*/true);
  if (status.ok()) status = env->DeleteFile(path);
  return FromRocks(status, absl::StrCat("trying the disk of ", dir_));
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
  DANGOL_RETURN_IF_ERROR(CheckPartitionCount(partitions));
  DANGOL_ASSIGN_OR_RETURN(const std::optional<std::string> written,
                          Get(Family::kMeta, kWriteNumberKey));
  if (written) return absl::DataLossError(absl::StrCat(dir_, ": the format version is not there"));
  rocksdb::WriteBatch batch;
  batch.Put(family(Family::kMeta), kFormatKey, absl::StrCat(kFormat));
  batch.Put(family(Family::kMeta), kPartitionsKey, absl::StrCat(partitions));
  rocksdb::WriteOptions sync;
  sync.sync = true;
  partitions_ = partitions;
  return Do(absl::StrCat("creating ", dir_),
            [&](rocksdb::DB& db) { return db.Write(sync, &batch); });
}

absl::StatusOr<std::optional<std::string>> Database::Get(Family in, absl::string_view key) {
  std::optional<std::string> found;
  DANGOL_RETURN_IF_ERROR(Look(absl::StrCat("reading ", dir_), [&](rocksdb::DB& db) {
    std::string value;
    const rocksdb::Status read = db.Get(rocksdb::ReadOptions(), family(in), ToSlice(key), &value);
    if (read.IsNotFound()) return rocksdb::Status::OK();
    if (read.ok()) found = std::move(value);
    return read;
  }));
  return found;
}

absl::StatusOr<std::optional<Database::Row>> Database::LastUpTo(Family in, absl::string_view key,
                                                                absl::string_view prefix) {
  std::optional<Row> found;
  DANGOL_RETURN_IF_ERROR(Look(absl::StrCat("reading ", dir_), [&](rocksdb::DB& db) {
    rocksdb::ReadOptions read;
    const rocksdb::Slice lower = ToSlice(prefix);
    read.iterate_lower_bound = &lower;
    const std::unique_ptr<rocksdb::Iterator> it(db.NewIterator(read, family(in)));
    it->SeekForPrev(ToSlice(key));
    if (it->Valid()) found = Row{it->key().ToString(), it->value().ToString()};
    return it->status();
  }));
  return found;
}

// The error is the first since Reopen.
absl::Status Database::Note(absl::Status status) {
  if (status.ok()) return status;
  if (wal_error_.ok()) wal_error_ = std::move(status);
  return wal_error_;
}

absl::Status Database::Write(absl::string_view what, rocksdb::WriteBatch* batch) {
  MutexLock lock(wal_mu_);
  DANGOL_RETURN_IF_ERROR(wal_error_);
  absl::Status written =
      Do(what, [&](rocksdb::DB& db) { return db.Write(rocksdb::WriteOptions(), batch); });
  // The sync that met the reason is about to say it.
  if (absl::StrContains(written.message(), "previous error")) {
    synced_.wait(lock, [this] { return !syncing_; });
  }
  return Note(std::move(written));
}

absl::Status Database::Sync() {
  const std::string what = absl::StrCat("syncing ", dir_);
  {
    MutexLock lock(wal_mu_);
    DANGOL_RETURN_IF_ERROR(wal_error_);
    DANGOL_RETURN_IF_ERROR(Note(Do(what, [](rocksdb::DB& db) { return db.FlushWAL(false); })));
    syncing_ = true;
  }
  // Writes go on meanwhile.
  absl::Status synced = Do(what, [](rocksdb::DB& db) { return db.SyncWAL(); });
  MutexLock lock(wal_mu_);
  syncing_ = false;
  synced_.notify_all();
  return Note(std::move(synced));
}

absl::Status Database::Compact(Family which) {
  return Do(absl::StrCat("compacting ", dir_), [&](rocksdb::DB& db) {
    return db.CompactRange(rocksdb::CompactRangeOptions(), family(which), nullptr, nullptr);
  });
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
