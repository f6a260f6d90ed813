// A process's handle on the log through which the simulation gets between a process and its commit:
// while the bytes are on their way, the scopes may move to another process, which goes on.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "libs/backbone/testing/sim_log.h"

namespace dangol::simulation {

class ZombieLog final : public Log {
 public:
  ZombieLog(std::unique_ptr<SimLog> log, std::function<void(const Cycle&)> before_commit)
      : log_(std::move(log)), before_commit_(std::move(before_commit)) {}

  uint32_t partitions() const override { return log_->partitions(); }
  absl::StatusOr<uint64_t> Append(TopicPartition to, std::vector<Record> records) override {
    return log_->Append(to, std::move(records));
  }
  absl::StatusOr<Ownership> Own(Service service) override { return log_->Own(service); }
  absl::StatusOr<Seal> Replay(Scope scope, uint64_t after_cycle, const ReplayFn& fn) override {
    return log_->Replay(scope, after_cycle, fn);
  }
  absl::Status Read(TopicPartition tp, uint64_t from, size_t max_records, size_t max_bytes,
                    std::vector<StoredRecord>* out) override {
    return log_->Read(tp, from, max_records, max_bytes, out);
  }
  uint64_t EndOffset(TopicPartition tp) const override { return log_->EndOffset(tp); }
  uint64_t FirstOffset(TopicPartition tp) const override { return log_->FirstOffset(tp); }
  absl::StatusOr<CommitResult> Commit(const Cycle& cycle) override {
    before_commit_(cycle);
    return log_->Commit(cycle);
  }
  uint64_t DurableTicket() const override { return log_->DurableTicket(); }
  void SetWakeup(std::function<void()> fn) override { log_->SetWakeup(std::move(fn)); }
  absl::Status TrimTopic(TopicPartition tp, uint64_t offset) override {
    return log_->TrimTopic(tp, offset);
  }
  absl::Status TrimChangelog(Scope scope, uint64_t cycle) override {
    return log_->TrimChangelog(scope, cycle);
  }

  SimLog& sim() { return *log_; }

 private:
  const std::unique_ptr<SimLog> log_;
  const std::function<void(const Cycle&)> before_commit_;
};

}  // namespace dangol::simulation
