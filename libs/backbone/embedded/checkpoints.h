// Scopes' tables in RocksDB, written in bulk as sorted files.
#pragma once

#include <atomic>
#include <string>

#include "libs/backbone/checkpoint.h"
#include "libs/backbone/embedded/database.h"

namespace dangol::embedded {

// Thread-safe. A checkpoint and its seals are one file: ingested whole or not at all.
class Checkpoints final : public CheckpointStore {
 public:
  // Removes the files that an interrupted ingest left behind.
  explicit Checkpoints(Database& database);

  absl::Status Ingest(Checkpoint checkpoint) override;
  absl::StatusOr<std::optional<Seal>> SealOf(Scope scope) override;
  absl::StatusOr<std::optional<std::string>> Get(Scope scope, Table table,
                                                 absl::string_view key) override;
  absl::Status Scan(Scope scope, Table table, absl::string_view from, const ScanFn& fn) override;
  absl::Status Drop(Scope scope) override;

 private:
  absl::Status IngestFile(const std::string& path, const Checkpoint& checkpoint);

  Database& database_;
  const std::string files_;  // directory of files being written
  std::atomic<uint64_t> next_file_ = 0;
};

}  // namespace dangol::embedded
