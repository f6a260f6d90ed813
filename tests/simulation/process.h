// What one simulated process has of its own: a clock that may be wrong, and handles on the log and
// the checkpoint store through which the simulation gets between the process and what it asks for.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "libs/backbone/testing/sim_log.h"
#include "libs/base/clock.h"
#include "tests/simulation/faults.h"

namespace dangol::simulation {

// Thrown where a process is killed in the middle of a step: the only way to leave the code under
// test between any two calls. Whoever turns the process catches it and buries it.
struct ProcessDied {};

// The world's clock, put forward or back.
class ProcessClock final : public Clock {
 public:
  explicit ProcessClock(const Clock* world) : world_(*world) {}
  Micros Now() const override { return world_.Now() + ahead_; }
  Micros ahead() const { return ahead_; }
  void SetAhead(Micros ahead) { ahead_ = ahead; }

 private:
  const Clock& world_;
  Micros ahead_ = 0;
};

// Calls are refused, answered in doubt, or are the last thing that the process does.
class ProcessLog final : public Log {
 public:
  using BeforeCommitFn = std::function<void(const Cycle&)>;
  ProcessLog(std::unique_ptr<SimLog> log, Faults* faults, BeforeCommitFn before_commit)
      : log_(std::move(log)), faults_(*faults), before_commit_(std::move(before_commit)) {}

  // The next `calls` of Own fail: the process does not learn what it has lost.
  void Blind(int calls) { blind_ = calls; }

  uint32_t partitions() const override { return log_->partitions(); }
  absl::StatusOr<uint64_t> Append(TopicPartition to, std::vector<Record> records) override;
  absl::StatusOr<Ownership> Own(Service service) override;
  absl::StatusOr<Seal> Replay(Scope scope, uint64_t after_cycle, const ReplayFn& fn) override;
  absl::StatusOr<uint64_t> Read(TopicPartition tp, uint64_t from, size_t max_records,
                                size_t max_bytes, std::vector<StoredRecord>* out) override {
    return log_->Read(tp, from, max_records, max_bytes, out);
  }
  uint64_t EndOffset(TopicPartition tp) const override { return log_->EndOffset(tp); }
  uint64_t FirstOffset(TopicPartition tp) const override { return log_->FirstOffset(tp); }
  absl::StatusOr<CommitResult> Commit(const Cycle& cycle) override;
  uint64_t DurableTicket() const override { return log_->DurableTicket(); }
  void SetWakeup(std::function<void()> fn) override { log_->SetWakeup(std::move(fn)); }
  absl::Status TrimTopic(TopicPartition tp, uint64_t offset) override {
    return log_->TrimTopic(tp, offset);
  }
  absl::Status TrimChangelog(Scope scope, uint64_t cycle) override;

 private:
  const std::unique_ptr<SimLog> log_;
  Faults& faults_;
  const BeforeCommitFn before_commit_;
  int blind_ = 0;
};

class ProcessStore final : public CheckpointStore {
 public:
  ProcessStore(CheckpointStore* store, Faults* faults) : store_(*store), faults_(*faults) {}

  absl::Status Ingest(Checkpoint checkpoint) override;
  absl::StatusOr<std::optional<Seal>> SealOf(Scope scope) override { return store_.SealOf(scope); }
  absl::StatusOr<std::optional<std::string>> Get(Scope scope, Table table,
                                                 absl::string_view key) override {
    return store_.Get(scope, table, key);
  }
  absl::Status Scan(Scope scope, Table table, absl::string_view from, const ScanFn& fn) override {
    return store_.Scan(scope, table, from, fn);
  }
  absl::Status Drop(Scope scope) override { return store_.Drop(scope); }

 private:
  CheckpointStore& store_;
  Faults& faults_;
};

}  // namespace dangol::simulation
