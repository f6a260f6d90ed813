// An event log in memory for tests and the simulation: without options it never fails; with them it
// fails in every way the contract allows, the same way for the same seed and calls.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libs/backbone/checkpoint.h"
#include "libs/backbone/log.h"

namespace dangol {

// One process's handle on a simulated log. `SimLog log;` is a log with one process; NewInstance
// adds processes that share its records and compete for its scopes. Destroying a handle is the
// death of its process: its scopes are free for the next Own. Thread-safe. Wakeups are called on
// the thread whose call caused them; `fn` must not call the log.
class SimLog : public Log {
 public:
  struct Faults {
    // Chance that a Commit is answered UNAVAILABLE, and the share of those that were written.
    double commit_unavailable = 0;
    double commit_unavailable_written = 0.5;
    // The same of Append.
    double append_unavailable = 0;
    double append_unavailable_written = 0.5;
    // Commits become durable only by Step, SyncUpTo, Append and Replay; otherwise at once.
    bool lagging_sync = false;
    // With lagging_sync: chance that a Commit or Read also does what Step does.
    double sync_chance = 0;
  };
  struct Options {
    uint32_t partitions = 4;  // a power of two
    uint64_t seed = 1;
    Faults faults;
    // Chance that what is written to a partition, or refused, leaves one to three offsets behind
    // that no record has, as the marks of transactions and what they aborted do.
    double gaps = 0;
  };

  SimLog();  // Options{}
  explicit SimLog(Options options);
  ~SimLog() override;

  uint32_t partitions() const override;
  absl::StatusOr<uint64_t> Append(TopicPartition to, std::vector<Record> records) override;
  absl::StatusOr<Ownership> Own(Service service) override;
  absl::StatusOr<Seal> Replay(Scope scope, uint64_t after_cycle, const ReplayFn& fn) override;
  absl::StatusOr<uint64_t> Read(TopicPartition tp, uint64_t from, size_t max_records,
                                size_t max_bytes, std::vector<StoredRecord>* out) override;
  uint64_t EndOffset(TopicPartition tp) const override;
  uint64_t FirstOffset(TopicPartition tp) const override;
  absl::StatusOr<CommitResult> Commit(const Cycle& cycle) override;
  uint64_t DurableTicket() const override;
  void SetWakeup(std::function<void()> fn) override;
  absl::Status TrimTopic(TopicPartition tp, uint64_t offset) override;
  absl::Status TrimChangelog(Scope scope, uint64_t cycle) override;

  // Another process on the same log.
  std::unique_ptr<SimLog> NewInstance();

  // Takes the scope from its owner, who learns it from Own or from a commit answered lost. It is
  // free: the next Own of another process gains it (or the owner's own, once it has reported it).
  void Revoke(Scope scope);
  // Gives the scope to `to`, which must have called Own of its service.
  void TransferTo(Scope scope, SimLog& to);

  uint64_t CommittedTicket() const;
  void SyncUpTo(uint64_t ticket);
  void Sync() { SyncUpTo(CommittedTicket()); }
  // Makes a seeded part of what is committed durable. True if something became durable.
  bool Step();

  // The machine stops and starts again: what was not durable is gone, except for a seeded prefix of
  // it (`keep_nothing`: without one), and every scope is free. Tear the processes down before; a
  // handle that is still used is a zombie until it calls Own again.
  void CrashLosingUnsynced(bool keep_nothing = false);

  void SetFaults(Faults faults);
  // The answers of the next commits, ahead of the chances: each UNAVAILABLE, written or not.
  void FailNextCommit(bool written);
  // The record is gone, and the log does not know it.
  void LoseRecord(TopicPartition tp, uint64_t offset);

 private:
  class Core;
  SimLog(std::shared_ptr<Core> core, int id);

  const std::shared_ptr<Core> core_;
  const int id_;
};

// Thread-safe. Durable: survives every crash, until it is told to lose something.
class SimCheckpoints final : public CheckpointStore {
 public:
  struct Faults {
    double ingest_unavailable = 0;  // chance that Ingest fails, nothing being written
  };
  explicit SimCheckpoints(uint64_t seed = 1, Faults faults = {0});
  ~SimCheckpoints() override;

  absl::Status Ingest(Checkpoint checkpoint) override;
  absl::StatusOr<std::optional<Seal>> SealOf(Scope scope) override;
  absl::StatusOr<std::optional<std::string>> Get(Scope scope, Table table,
                                                 absl::string_view key) override;
  absl::Status Scan(Scope scope, Table table, absl::string_view from, const ScanFn& fn) override;
  absl::Status Drop(Scope scope) override;

  // The scope's checkpoint is gone, as a deleted file; or every read of it answers DATA_LOSS, as a
  // torn one; or it is again what it was before the last ingest, as from an old backup.
  void Lose(Scope scope);
  void Tear(Scope scope);
  void RollBack(Scope scope);
  // The scope's checkpoint is again what it was before the last of these.
  void Restore(Scope scope);

 private:
  struct Rep;
  const std::unique_ptr<Rep> rep_;
};

}  // namespace dangol
