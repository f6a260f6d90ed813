// The event log on a Kafka cluster: its transactions commit, its consumer groups give ownership.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/backbone/kafka/changelog_marks.h"
#include "libs/backbone/kafka/settings.h"
#include "libs/backbone/log.h"

namespace dangol {

// Thread-safe. Several processes share the partitions of a service.
//
// Where it is not as log.h says of every log:
// - Offsets have gaps: a transaction's end takes an offset, and so does what was aborted. EndOffset
//   counts what open transactions hold, so that nothing committed is beyond it; where the cluster
//   does not answer it is beyond everything.
// - A commit is durable when it returns.
// - The changelog is compacted by Kafka: TrimChangelog does nothing, and a replay gives of older
//   cycles what was not overwritten since.
// - AppendAsync's records are readable once they are durable.
class KafkaLog final : public Log {
 public:
  // FAILED_PRECONDITION: the topics are not there (kafka/topic_admin.h). UNAVAILABLE: the cluster
  // does not answer.
  static absl::StatusOr<std::unique_ptr<KafkaLog>> Open(const kafka::Settings& settings);
  ~KafkaLog() override;

  uint32_t partitions() const override;
  absl::StatusOr<uint64_t> Append(TopicPartition to, std::vector<Record> records) override;
  absl::StatusOr<uint64_t> AppendAsync(std::vector<Emit> records) override;
  absl::Status AwaitDurable(uint64_t ticket) override;
  absl::StatusOr<Ownership> Own(Service service) override;
  absl::StatusOr<Seal> Replay(Scope scope, uint64_t after_cycle, const ReplayFn& fn) override;
  absl::StatusOr<uint64_t> Read(TopicPartition tp, uint64_t from, size_t max_records,
                                size_t max_bytes, std::vector<StoredRecord>* out) override;
  Ahead LookAhead(TopicPartition tp, uint64_t from) override;
  uint64_t EndOffset(TopicPartition tp) const override;
  uint64_t FirstOffset(TopicPartition tp) const override;
  absl::StatusOr<CommitResult> Commit(const Cycle& cycle) override;
  uint64_t DurableTicket() const override;
  void SetWakeup(std::function<void()> fn) override;
  absl::Status TrimTopic(TopicPartition tp, uint64_t offset) override;
  absl::Status TrimChangelog(Scope scope, uint64_t cycle) override;

  // The address (kafka::Settings::address) of the instance that owns the scope, as far as it is
  // known; it may have changed since. UNAVAILABLE: none is known.
  absl::StatusOr<std::string> OwnerOf(Scope scope) const;

  // For kafka/local_checkpoints.h. It lives as long as the log.
  kafka::ChangelogMarks& marks();
  // Changelog records that replays have read.
  uint64_t replayed_records() const;

  // For tests: this process stops polling its groups, as one that was stopped; the others get its
  // partitions when its session is over. With false it wakes, and does not know.
  void StandStill(bool still);

 private:
  class Rep;
  explicit KafkaLog(std::unique_ptr<Rep> rep);
  const std::unique_ptr<Rep> rep_;
};

}  // namespace dangol
