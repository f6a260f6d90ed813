#include "tests/simulation/process.h"

namespace dangol::simulation {
namespace {

constexpr double kDies = 0.0008;
constexpr double kRefused = 0.015;

void MaybeDie(Faults& faults, absl::string_view where) {
  if (faults.Strike(where, kDies)) throw ProcessDied();
}

absl::Status InDoubt() { return absl::UnavailableError("simulated: no answer"); }

}  // namespace

absl::StatusOr<uint64_t> ProcessLog::Append(TopicPartition to, std::vector<Record> records) {
  MaybeDie(faults_, "dies-before-append");
  if (faults_.Strike("append-refused", kRefused)) return InDoubt();
  const absl::StatusOr<uint64_t> offset = log_->Append(to, std::move(records));
  MaybeDie(faults_, "dies-after-append");
  if (faults_.Strike("append-in-doubt", kRefused)) return InDoubt();
  return offset;
}

absl::StatusOr<Ownership> ProcessLog::Own(Service service) {
  if (blind_ > 0) {
    --blind_;
    return absl::UnavailableError("simulated: the coordinator does not answer");
  }
  return log_->Own(service);
}

absl::StatusOr<Seal> ProcessLog::Replay(Scope scope, uint64_t after_cycle, const ReplayFn& fn) {
  MaybeDie(faults_, "dies-before-replay");
  const absl::StatusOr<Seal> seal = log_->Replay(scope, after_cycle, fn);
  MaybeDie(faults_, "dies-after-replay");
  return seal;
}

absl::StatusOr<CommitResult> ProcessLog::Commit(const Cycle& cycle) {
  before_commit_(cycle);
  MaybeDie(faults_, "dies-before-commit");
  if (faults_.Strike("commit-refused", kRefused)) return InDoubt();
  absl::StatusOr<CommitResult> result = log_->Commit(cycle);
  MaybeDie(faults_, "dies-after-commit");
  if (faults_.Strike("commit-in-doubt", kRefused)) return InDoubt();
  return result;
}

absl::Status ProcessLog::TrimChangelog(Scope scope, uint64_t cycle) {
  MaybeDie(faults_, "dies-before-trim");
  return log_->TrimChangelog(scope, cycle);
}

absl::Status ProcessStore::Ingest(Checkpoint checkpoint) {
  MaybeDie(faults_, "dies-before-ingest");
  if (faults_.Strike("ingest-refused", 0.2)) return InDoubt();
  const absl::Status status = store_.Ingest(std::move(checkpoint));
  MaybeDie(faults_, "dies-after-ingest");
  return status;
}

}  // namespace dangol::simulation
