#include "libs/backbone/kafka/committer.h"

#include <algorithm>
#include <utility>

#include "libs/backbone/cycle_check.h"
#include "libs/backbone/kafka/batch.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"

namespace dangol::kafka {
namespace {

using Snapshots = std::map<Service, Lease::Snapshot>;

Snapshots SnapshotsOf(const Cycle& cycle, const Leases& leases) {
  Snapshots snapshots;
  for (const ScopeCycle& part : cycle) {
    const auto lease = leases.find(part.scope.service);
    if (lease == leases.end() || snapshots.contains(part.scope.service)) continue;
    snapshots[part.scope.service] = lease->second->snapshot();
  }
  return snapshots;
}

}  // namespace

class Committer::Loan {
 public:
  explicit Loan(Committer* from) : from_(from) {
    MutexLock lock(from_->mu_);
    from_->returned_.wait(lock, [&] { return !from_->idle_.empty(); });
    lent_ = std::move(from_->idle_.back());
    from_->idle_.pop_back();
  }
  ~Loan() {
    MutexLock lock(from_->mu_);
    from_->idle_.push_back(std::move(lent_));
    from_->returned_.notify_one();
  }
  Transactor* operator->() const { return lent_.get(); }

 private:
  Committer* const from_;
  std::unique_ptr<Transactor> lent_;
};

Committer::Committer(const Settings& settings) : settings_(settings) {
  for (int n = 0; n < settings.producers; ++n) {
    idle_.push_back(std::make_unique<Transactor>(settings, n));
  }
}

absl::Status Committer::Init() {
  for (const auto& transactor : idle_) DANGOL_RETURN_IF_ERROR(transactor->Init());
  return absl::OkStatus();
}

void Committer::Gain(Scope scope, Position position) {
  MutexLock lock(mu_);
  positions_[scope] = position;
}

void Committer::Lose(Scope scope) {
  MutexLock lock(mu_);
  positions_.erase(scope);
  read_.erase(scope);
}

std::optional<Position> Committer::PositionOf(Scope scope) const {
  MutexLock lock(mu_);
  const auto it = positions_.find(scope);
  if (it == positions_.end()) return std::nullopt;
  return it->second;
}

uint64_t Committer::last_ticket() const {
  MutexLock lock(mu_);
  return last_ticket_;
}

Committer::Sorted Committer::Sort(const Cycle& cycle, const Snapshots& snapshots) const {
  Sorted sorted;
  MutexLock lock(mu_);
  for (const ScopeCycle& part : cycle) {
    const auto at = positions_.find(part.scope);
    const auto snapshot = snapshots.find(part.scope.service);
    const bool ours = at != positions_.end() && snapshot != snapshots.end() &&
                      snapshot->second.owned.contains(part.scope.partition);
    if (!ours) {
      sorted.lost.push_back(part.scope);
    } else if (part.seal.cycle == at->second.cycle + 1) {
      sorted.write.push_back({&part, {part.seal.cycle, Fingerprint(part), at->second.epoch}});
    } else if (part.seal.cycle == 0 || part.seal.cycle != at->second.cycle ||
               Fingerprint(part) != at->second.fingerprint) {
      sorted.lost.push_back(part.scope);
    }
  }
  return sorted;
}

CommitResult Committer::Note(const Sorted& sorted) {
  MutexLock lock(mu_);
  for (const auto& [part, position] : sorted.write) {
    positions_[part->scope] = position;
    read_[part->scope] = part->seal.next_offsets;
  }
  return {++last_ticket_, sorted.lost};
}

void Committer::NoteSeals(const Sorted& sorted, const std::map<void*, uint64_t>& offsets) {
  for (const auto& [part, position] : sorted.write) {
    const auto it = offsets.find(SealTag(*part));
    if (it != offsets.end()) seals_.Note(part->scope, part->seal.cycle, it->second);
  }
}

Committer::Offsets Committer::Moved(const ScopeCycle& part) const {
  Offsets moved = part.seal.next_offsets;
  MutexLock lock(mu_);
  if (const auto before = read_.find(part.scope); before != read_.end()) {
    for (const auto& [topic, next] : before->second) {
      const auto now = moved.find(topic);
      if (now != moved.end() && now->second == next) moved.erase(now);
    }
  }
  return moved;
}

void Committer::MarkInDoubt(const Sorted& sorted) {
  MutexLock lock(mu_);
  for (const auto& [part, position] : sorted.write) in_doubt_.insert(part->scope);
}

absl::Status Committer::Resolve(const Cycle& cycle, const Leases& leases) {
  for (const ScopeCycle& part : cycle) {
    {
      MutexLock lock(mu_);
      if (!in_doubt_.contains(part.scope)) continue;
    }
    const Partition p = part.scope.partition;
    DANGOL_ASSIGN_OR_RETURN(const auto positions, leases.at(part.scope.service)->Positions({p}));
    MutexLock lock(mu_);
    in_doubt_.erase(part.scope);
    // Neither the last nor the one before: somebody else's. Sort answers it as lost.
    if (positions_.contains(part.scope)) positions_[part.scope] = positions.at(p);
  }
  return absl::OkStatus();
}

absl::StatusOr<CommitResult> Committer::Commit(const Cycle& cycle, const Leases& leases) {
  const Loan transactor(this);
  const Micros until = SteadyMicros() + settings_.patience_us;
  absl::Status why;
  do {
    DANGOL_RETURN_IF_ERROR(Resolve(cycle, leases));
    const Snapshots snapshots = SnapshotsOf(cycle, leases);
    const Sorted sorted = Sort(cycle, snapshots);
    if (sorted.write.empty()) return Note(sorted);  // or written before
    Transactor::Result written{Transactor::Outcome::kFenced, absl::UnavailableError("rejoining"),
                               sorted.write.front().cycle->scope.service};
    const bool members = std::all_of(sorted.write.begin(), sorted.write.end(), [&](const auto& p) {
      return snapshots.at(p.cycle->scope.service).metadata != nullptr;
    });
    if (members) {
      BatchMaker maker(settings_);
      for (const auto& [part, position] : sorted.write) maker.Add(*part, position, Moved(*part));
      written = transactor->Write(
          maker.Finish([&](Service service) { return snapshots.at(service).metadata; }));
    }
    why = written.why;
    switch (written.outcome) {
      case Transactor::Outcome::kCommitted:
        NoteSeals(sorted, written.offsets);
        return Note(sorted);
      case Transactor::Outcome::kNothing:
        return why;
      case Transactor::Outcome::kUnknown:
        MarkInDoubt(sorted);
        DANGOL_RETURN_IF_ERROR(transactor->Init());
        break;
      case Transactor::Outcome::kFenced:
      case Transactor::Outcome::kEnded:
        leases.at(written.by)
            ->Refused(snapshots.at(written.by).version,
                      written.outcome == Transactor::Outcome::kEnded, settings_.session_timeout_us);
    }
  } while (SteadyMicros() < until);
  return why;
}

}  // namespace dangol::kafka
