// A scope's tables in memory, with the changes that its next cycle commits. One implementation for
// all logs: Acquire = checkpoint + sealed changelog after it.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/backbone/checkpoint.h"
#include "libs/backbone/log.h"

namespace dangol {

// Thread-compatible: one worker at a time. Invariants: `Get` returns what the last Put or Delete of
// the key said, evicted or not; a key changed since the last ingested checkpoint is in memory.
class State {
 public:
  struct Options {
    // Clean customer and index records beyond this many bytes are evicted; 0: never.
    size_t memory_limit_bytes = 0;
  };

  // Loads the scope from its checkpoint and the changelog after it. DATA_LOSS: the checkpoint is
  // ahead of the log, or the log does not reach back to it; halt and say so. Neither is owned.
  static absl::StatusOr<std::unique_ptr<State>> Acquire(Scope scope, Log& log,
                                                        CheckpointStore& store, Options options);
  virtual ~State() = default;

  virtual const Seal& seal() const = 0;

  // nullptr where there is none. Valid until the next call that is not Get of a resident key.
  virtual const std::string* Get(Table table, absl::string_view key) = 0;
  virtual void Put(Table table, absl::string_view key, std::string value) = 0;
  virtual void Delete(Table table, absl::string_view key) = 0;
  // In key order from `from` on until `fn` returns false; `fn` must not change the state.
  virtual void Scan(Table table, absl::string_view from, const CheckpointStore::ScanFn& fn) = 0;
  virtual size_t size(Table table) const = 0;
  // The same of what changed in a cycle after `since`; nullopt: it is gone. A checkpoint does not
  // tell when: where it reaches beyond `since`, all that it holds is given, and what was gone by
  // then is not.
  using ChangedFn =
      std::function<bool(absl::string_view key, std::optional<absl::string_view> value)>;
  virtual void ScanChanged(Table table, absl::string_view from, uint64_t since,
                           const ChangedFn& fn) = 0;

  // The changes since the last call, one per key, in key order: a cycle's changelog part. The
  // state's seal becomes `seal`.
  virtual std::vector<Change> TakeChanges(Seal seal) = 0;

  // What a checkpoint cut now must hold: every dirty record, with the current seal (call it between
  // cycles). MarkCheckpointed(cycle) after its ingest makes clean what has not changed since.
  virtual Checkpoint::Part CutCheckpoint() = 0;
  virtual void MarkCheckpointed(uint64_t cycle) = 0;
  virtual size_t dirty_bytes() const = 0;
  // The first error of a read from the checkpoint store, for ever: the tables cannot be trusted,
  // and the caller must halt the scope before it commits what it computed from them.
  virtual const absl::Status& status() const = 0;
  virtual size_t memory_bytes() const = 0;
};

}  // namespace dangol
