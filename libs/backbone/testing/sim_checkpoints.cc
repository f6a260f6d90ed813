#include <array>
#include <map>

#include "absl/strings/str_cat.h"
#include "libs/backbone/testing/sim_log.h"
#include "libs/base/mutex.h"
#include "libs/base/rng.h"
#include "libs/base/status.h"

namespace dangol {
namespace {

using SimTable = std::map<std::string, std::string, std::less<>>;

struct SimScope {
  std::optional<Seal> seal;
  std::array<SimTable, kTables> tables;
};

}  // namespace

struct SimCheckpoints::Rep {
  Rep(uint64_t seed, Faults f) : rng(seed), faults(f) {}

  absl::Status CheckWhole(Scope scope) const {
    if (torn.count(scope) == 0) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat(ToString(scope), ": simulated: checkpoint is torn"));
  }

  mutable Mutex mu;
  Rng rng;
  Faults faults;
  std::map<Scope, SimScope> scopes;
  std::map<Scope, SimScope> before;  // the last ingest
  std::map<Scope, SimScope> whole;   // before the last damage
  std::map<Scope, bool> torn;
};

SimCheckpoints::SimCheckpoints(uint64_t seed, Faults faults)
    : rep_(std::make_unique<Rep>(seed, faults)) {}
SimCheckpoints::~SimCheckpoints() = default;

absl::Status SimCheckpoints::Ingest(Checkpoint checkpoint) {
  MutexLock lock(rep_->mu);
  if (rep_->rng.Chance(rep_->faults.ingest_unavailable)) {
    return absl::UnavailableError("simulated: ingest");
  }
  for (Checkpoint::Part& part : checkpoint.parts) {
    SimScope& scope = rep_->scopes[part.scope];
    rep_->before[part.scope] = scope;
    scope.seal = part.seal;
    for (Change& change : part.changes) {
      SimTable& table = scope.tables[static_cast<int>(change.table)];
      if (change.value) {
        table[change.key] = *std::move(change.value);
      } else {
        table.erase(change.key);
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Seal>> SimCheckpoints::SealOf(Scope scope) {
  MutexLock lock(rep_->mu);
  DANGOL_RETURN_IF_ERROR(rep_->CheckWhole(scope));
  return rep_->scopes[scope].seal;
}

absl::StatusOr<std::optional<std::string>> SimCheckpoints::Get(Scope scope, Table table,
                                                               absl::string_view key) {
  MutexLock lock(rep_->mu);
  DANGOL_RETURN_IF_ERROR(rep_->CheckWhole(scope));
  const SimTable& rows = rep_->scopes[scope].tables[static_cast<int>(table)];
  const auto it = rows.find(key);
  if (it == rows.end()) return std::optional<std::string>();
  return std::optional<std::string>(it->second);
}

absl::Status SimCheckpoints::Scan(Scope scope, Table table, absl::string_view from,
                                  const ScanFn& fn) {
  MutexLock lock(rep_->mu);
  DANGOL_RETURN_IF_ERROR(rep_->CheckWhole(scope));
  const SimTable& rows = rep_->scopes[scope].tables[static_cast<int>(table)];
  for (auto it = rows.lower_bound(from); it != rows.end(); ++it) {
    if (!fn(it->first, it->second)) break;
  }
  return absl::OkStatus();
}

absl::Status SimCheckpoints::Drop(Scope scope) {
  Lose(scope);
  return absl::OkStatus();
}

void SimCheckpoints::Lose(Scope scope) {
  MutexLock lock(rep_->mu);
  rep_->whole[scope] = rep_->scopes[scope];
  rep_->scopes.erase(scope);
  rep_->torn.erase(scope);
}

void SimCheckpoints::Tear(Scope scope) {
  MutexLock lock(rep_->mu);
  rep_->whole[scope] = rep_->scopes[scope];
  rep_->torn[scope] = true;
}

void SimCheckpoints::RollBack(Scope scope) {
  MutexLock lock(rep_->mu);
  rep_->whole[scope] = rep_->scopes[scope];
  rep_->scopes[scope] = rep_->before[scope];
}

void SimCheckpoints::Restore(Scope scope) {
  MutexLock lock(rep_->mu);
  rep_->scopes[scope] = rep_->whole[scope];
  rep_->torn.erase(scope);
}

}  // namespace dangol
