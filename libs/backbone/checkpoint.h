// Where scopes' tables are written in bulk, so that the changelog can be short and customers may
// outgrow memory. On disk it is RocksDB (embedded/); in the simulation, memory that can be lost.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/backbone/log.h"
#include "libs/base/types.h"

namespace dangol {

// Changes of some scopes up to the seal of each; sorted by (scope, table, key) when ingested.
struct Checkpoint {
  struct Part {
    Scope scope;
    Seal seal;
    std::vector<Change> changes;  // the latest of each key
  };
  std::vector<Part> parts;
};

// Thread-safe.
class CheckpointStore {
 public:
  virtual ~CheckpointStore() = default;

  // All or nothing, durable on return. Every cycle in it must be durable in the log before.
  virtual absl::Status Ingest(Checkpoint checkpoint) = 0;

  // The seal up to which the scope's tables are here; nullopt: nothing is.
  virtual absl::StatusOr<std::optional<Seal>> SealOf(Scope scope) = 0;
  virtual absl::StatusOr<std::optional<std::string>> Get(Scope scope, Table table,
                                                         absl::string_view key) = 0;
  // Calls `fn` in key order from `from` on until it returns false.
  using ScanFn = std::function<bool(absl::string_view key, absl::string_view value)>;
  virtual absl::Status Scan(Scope scope, Table table, absl::string_view from, const ScanFn& fn) = 0;
  // Removes all of the scope's tables, for a checkpoint that is not of this log.
  virtual absl::Status Drop(Scope scope) = 0;
};

}  // namespace dangol
