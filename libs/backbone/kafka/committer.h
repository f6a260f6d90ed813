// Writes cycles as transactions, fenced by the groups and by the cycle numbers.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "libs/backbone/kafka/changelog_marks.h"
#include "libs/backbone/kafka/lease.h"
#include "libs/backbone/kafka/transactor.h"
#include "libs/backbone/log.h"
#include "libs/base/mutex.h"

namespace dangol::kafka {

using Leases = std::map<Service, std::shared_ptr<Lease>>;

// Thread-safe; a scope's calls come from one thread at a time.
class Committer {
 public:
  explicit Committer(const Settings& settings);
  // All producers, before the first position is read: what the process before left open ends.
  absl::Status Init();

  // A scope was gained at this position, or given up.
  void Gain(Scope scope, Position position);
  void Lose(Scope scope);
  // nullopt: not ours.
  std::optional<Position> PositionOf(Scope scope) const;

  // As Log::Commit; `cycle` was checked.
  absl::StatusOr<CommitResult> Commit(const Cycle& cycle, const Leases& leases);
  uint64_t last_ticket() const;
  SealOffsets& seals() { return seals_; }

 private:
  using Snapshots = std::map<Service, Lease::Snapshot>;
  // The parts of a cycle by what is to be done with them; those in neither were written before.
  struct Sorted {
    struct Part {
      const ScopeCycle* cycle;
      Position position;  // once it is written
    };
    std::vector<Part> write;
    std::vector<Scope> lost;
  };
  // Reads anew the positions of scopes whose last commit ended nobody knows how.
  absl::Status Resolve(const Cycle& cycle, const Leases& leases);
  Sorted Sort(const Cycle& cycle, const Snapshots& snapshots) const;
  CommitResult Note(const Sorted& sorted);
  void NoteSeals(const Sorted& sorted, const std::map<void*, uint64_t>& offsets);
  void MarkInDoubt(const Sorted& sorted);
  // The inputs whose next offsets are others than in the scope's commit before.
  using Offsets = absl::btree_map<Topic, uint64_t>;
  Offsets Moved(const ScopeCycle& part) const;

  // A producer of our own until it is given back.
  class Loan;

  const Settings settings_;
  SealOffsets seals_;
  mutable Mutex mu_;
  CondVar returned_;
  std::vector<std::unique_ptr<Transactor>> idle_;
  absl::flat_hash_map<Scope, Position> positions_;
  absl::flat_hash_set<Scope> in_doubt_;
  absl::flat_hash_map<Scope, Offsets> read_;  // as of the last commit from here
  uint64_t last_ticket_ = 0;
};

}  // namespace dangol::kafka
