#include "libs/backbone/embedded/seeder.h"

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/backbone/embedded/codec.h"
#include "libs/backbone/embedded/database.h"
#include "libs/base/status.h"

namespace dangol {
namespace {

using embedded::Database;
using embedded::Family;

constexpr char kCopyKey[] = "copy";

absl::Status MustBeFree(const std::string& dir, absl::string_view fix) {
  std::error_code none;
  const bool taken = std::filesystem::exists(dir, none) && !std::filesystem::is_empty(dir, none);
  return taken ? Precondition("NOT_EMPTY", absl::StrCat(dir, " is there already; ", fix))
               : absl::OkStatus();
}

}  // namespace

Seeder::Seeder(std::string dir, std::unique_ptr<EmbeddedLog> log)
    : dir_(std::move(dir)), part_(dir_ + ".part"), log_(std::move(log)) {}

absl::StatusOr<std::unique_ptr<Seeder>> Seeder::Open(const std::string& dir, uint32_t partitions) {
  DANGOL_RETURN_IF_ERROR(MustBeFree(dir, "name another directory"));
  const std::string part = dir + ".part";
  DANGOL_RETURN_IF_ERROR(MustBeFree(part, "it is of a copy that was not finished: remove it"));
  EmbeddedLog::Options options;
  options.partitions = partitions;
  options.durability = EmbeddedLog::Durability::kOs;  // Finish syncs
  DANGOL_ASSIGN_OR_RETURN(auto log, EmbeddedLog::Open(part, options));
  return std::unique_ptr<Seeder>(new Seeder(dir, std::move(log)));
}

Seeder::~Seeder() {
  log_ = nullptr;
  std::error_code none;
  std::filesystem::remove_all(part_, none);
}

absl::Status Seeder::Append(TopicPartition to, std::vector<Record> records) {
  std::vector<Emit> emits;
  emits.reserve(records.size());
  for (Record& record : records) emits.push_back({to, std::move(record)});
  return log_->AppendAsync(std::move(emits)).status();
}

absl::Status Seeder::Put(Checkpoint::Part part) {
  seals_.emplace_back(part.scope, part.seal);
  Checkpoint checkpoint;
  checkpoint.parts.push_back(std::move(part));
  return log_->checkpoints().Ingest(std::move(checkpoint));
}

// A changelog whose last entry is each scope's seal: its cycles begin anywhere.
absl::Status Seeder::WriteEnds(absl::string_view of) {
  EmbeddedLog::Options options;
  DANGOL_ASSIGN_OR_RETURN(const std::unique_ptr<Database> database, Database::Open(part_, options));
  DANGOL_ASSIGN_OR_RETURN(const std::optional<std::string> written,
                          database->Get(Family::kMeta, embedded::kWriteNumberKey));
  uint64_t number = written ? DecodeKey(*written) : 0;
  rocksdb::WriteBatch batch;
  for (const auto& [scope, seal] : seals_) {
    DANGOL_ASSIGN_OR_RETURN(
        std::string packed,
        embedded::PackFrame(/*fingerprint=*/0, embedded::EncodeChangelog(seal, {})));
    embedded::StampFrame(++number, &packed);
    batch.Put(database->family(Family::kChangelog), embedded::ChangelogKey(scope, seal.cycle),
              packed);
  }
  batch.Put(database->family(Family::kMeta), embedded::kWriteNumberKey, EncodeKey(number));
  batch.Put(database->family(Family::kMeta), kCopyKey, std::string(of));
  DANGOL_RETURN_IF_ERROR(database->Write("writing the ends", &batch));
  return database->Sync();
}

absl::Status Seeder::Finish(absl::string_view of) {
  log_ = nullptr;
  DANGOL_RETURN_IF_ERROR(WriteEnds(of));
  std::error_code error;
  std::filesystem::remove(dir_, error);  // an empty one
  std::filesystem::rename(part_, dir_, error);
  if (!error) return absl::OkStatus();
  return BadField("directory", dir_, error.message(), "name one that can be made");
}

absl::StatusOr<std::string> CopyOf(EmbeddedLog& log) {
  DANGOL_ASSIGN_OR_RETURN(const std::optional<std::string> of,
                          log.database().Get(Family::kMeta, kCopyKey));
  return of.value_or("");
}

absl::Status NoCopyAnyMore(EmbeddedLog& log) {
  Database& database = log.database();
  rocksdb::WriteBatch batch;
  batch.Delete(database.family(Family::kMeta), kCopyKey);
  DANGOL_RETURN_IF_ERROR(database.Write("making it stand for itself", &batch));
  return database.Sync();
}

}  // namespace dangol
