#include "libs/backbone/embedded/checkpoints.h"

#include <rocksdb/db.h>
#include <rocksdb/sst_file_writer.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "libs/backbone/embedded/codec.h"
#include "libs/backbone/seal_codec.h"
#include "libs/base/status.h"

namespace dangol::embedded {
namespace {

void Sort(Checkpoint* checkpoint) {
  const auto by_key = [](const Change& a, const Change& b) {
    return std::tie(a.table, a.key) < std::tie(b.table, b.key);
  };
  std::sort(checkpoint->parts.begin(), checkpoint->parts.end(),
            [](const auto& a, const auto& b) { return a.scope < b.scope; });
  for (Checkpoint::Part& part : checkpoint->parts) {
    if (!std::is_sorted(part.changes.begin(), part.changes.end(), by_key)) {
      std::sort(part.changes.begin(), part.changes.end(), by_key);
    }
  }
}

rocksdb::Status WriteParts(const Checkpoint& checkpoint, rocksdb::SstFileWriter* writer) {
  for (const Checkpoint::Part& part : checkpoint.parts) {
    for (const Change& change : part.changes) {
      const std::string key = StateKey(part.scope, change.table, change.key);
      const rocksdb::Status put =
          change.value ? writer->Put(key, *change.value) : writer->Delete(key);
      if (!put.ok()) return put;
    }
    const rocksdb::Status put = writer->Put(StateSealKey(part.scope), EncodeSeal(part.seal));
    if (!put.ok()) return put;
  }
  return writer->Finish();
}

}  // namespace

Checkpoints::Checkpoints(Database& database)
    : database_(database), files_(absl::StrCat(database.dir(), "/ingest")) {
  std::error_code ignored;
  std::filesystem::remove_all(files_, ignored);
}

absl::Status Checkpoints::Ingest(Checkpoint checkpoint) {
  if (checkpoint.parts.empty()) return absl::OkStatus();
  Sort(&checkpoint);
  std::error_code error;
  std::filesystem::create_directories(files_, error);
  if (error) return absl::UnavailableError(absl::StrCat(files_, ": ", error.message()));
  const std::string path = absl::StrCat(files_, "/", next_file_++, ".sst");
  absl::Status done = IngestFile(path, checkpoint);
  std::filesystem::remove(path, error);  // moved away if all went well
  return done;
}

absl::Status Checkpoints::IngestFile(const std::string& path, const Checkpoint& checkpoint) {
  return database_.Do("writing a checkpoint", [&](rocksdb::DB& db) {
    rocksdb::ColumnFamilyHandle* family = database_.family(Family::kState);
    rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), db.GetOptions(family), family);
    rocksdb::Status status = writer.Open(path);
    if (status.ok()) status = WriteParts(checkpoint, &writer);
    rocksdb::IngestExternalFileOptions options;
    options.move_files = true;
    return status.ok() ? db.IngestExternalFile(family, {path}, options) : status;
  });
}

absl::StatusOr<std::optional<Seal>> Checkpoints::SealOf(Scope scope) {
  DANGOL_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                          database_.Get(Family::kState, StateSealKey(scope)));
  if (!bytes) return std::optional<Seal>();
  DANGOL_ASSIGN_OR_RETURN(Seal seal, DecodeSeal(*bytes));
  return std::optional<Seal>(std::move(seal));
}

absl::StatusOr<std::optional<std::string>> Checkpoints::Get(Scope scope, Table table,
                                                            absl::string_view key) {
  return database_.Get(Family::kState, StateKey(scope, table, key));
}

absl::Status Checkpoints::Scan(Scope scope, Table table, absl::string_view from, const ScanFn& fn) {
  const std::string prefix = StatePrefix(scope, table);
  std::string end = prefix;
  ++end.back();
  const rocksdb::Slice upper(end);
  rocksdb::ReadOptions read;
  read.iterate_upper_bound = &upper;
  std::string next = StateKey(scope, table, from);
  return database_.Look("reading a checkpoint", [&](rocksdb::DB& db) {
    const std::unique_ptr<rocksdb::Iterator> it(
        db.NewIterator(read, database_.family(Family::kState)));
    for (it->Seek(next); it->Valid(); it->Next()) {
      const rocksdb::Slice key = it->key();
      const rocksdb::Slice value = it->value();
      if (!fn({key.data() + prefix.size(), key.size() - prefix.size()},
              {value.data(), value.size()})) {
        return rocksdb::Status::OK();
      }
      next.assign(key.data(), key.size());  // a second try goes on behind it
      next.push_back('\0');
    }
    return it->status();
  });
}

absl::Status Checkpoints::Drop(Scope scope) {
  const std::string begin = ScopePrefix(scope);
  const std::string end = StateSealKey(scope) + '\0';  // the seal is the last key
  DANGOL_RETURN_IF_ERROR(database_.Do("dropping a checkpoint", [&](rocksdb::DB& db) {
    return db.DeleteRange(rocksdb::WriteOptions(), database_.family(Family::kState), begin, end);
  }));
  return database_.Sync();
}

}  // namespace dangol::embedded
