// What checkpoints on a local disk need to know of the changelogs on the cluster.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "libs/backbone/topics.h"
#include "libs/base/mutex.h"

namespace dangol::kafka {

// Thread-safe.
class ChangelogMarks {
 public:
  virtual ~ChangelogMarks() = default;

  // Random, and another one for a changelog that was made anew or of which some was lost.
  // UNAVAILABLE: the cluster does not
  // answer. FAILED_PRECONDITION: the changelog has none.
  virtual absl::StatusOr<std::string> IdOf(Scope scope) = 0;
  // Where the seal of `cycle` is in the scope's changelog, or one before it; 0: not known.
  virtual uint64_t SealOffset(Scope scope, uint64_t cycle) = 0;
  // A checkpoint covers all that is before `offset`: the scope's next replay need not begin
  // earlier.
  virtual void ReplayFrom(Scope scope, uint64_t offset) = 0;
  // The scope was gained and not yet replayed: nobody uses its checkpoint.
  virtual bool Acquiring(Scope scope) = 0;
};

// Where the seals of recent cycles are. Thread-safe.
class SealOffsets {
 public:
  void Note(Scope scope, uint64_t cycle, uint64_t offset);
  // Of the last noted cycle that is not after `cycle`; forgets those before. 0: none is.
  uint64_t UpTo(Scope scope, uint64_t cycle);
  void Forget(Scope scope);

 private:
  Mutex mu_;
  absl::flat_hash_map<Scope, std::deque<std::pair<uint64_t, uint64_t>>> seals_;
};

}  // namespace dangol::kafka
