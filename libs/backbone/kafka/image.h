// A deployment's log as it stands, for who looks at it, copies it or repairs it: read by somebody
// who is no member of the services' groups.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/backbone/checkpoint.h"
#include "libs/backbone/kafka/changelog.h"
#include "libs/backbone/kafka/client.h"
#include "libs/backbone/kafka/lease.h"
#include "libs/backbone/kafka/partition_reader.h"
#include "libs/backbone/kafka/settings.h"
#include "libs/backbone/log.h"
#include "libs/base/mutex.h"

namespace dangol::kafka {

// Where everything ended when it was opened; what comes later is not in it. Offsets have gaps, as
// in KafkaLog. Thread-safe. Nothing can be written through it: such calls are FAILED_PRECONDITION.
//
// What retention removes of a days topic while it is read is passed over.
class ClusterImage final : public Log {
 public:
  enum class Cut {
    // Changelogs are noted before topics: what a scope had read and emitted is there, and perhaps
    // what came after. The services may work.
    kLoose,
    // One moment: topics are noted while no changelog moves. FAILED_PRECONDITION, reason
    // NOT_AT_REST: they do not stand still.
    kOneMoment,
  };
  // Besides: FAILED_PRECONDITION: topics are missing. UNAVAILABLE: the cluster does not answer, or
  // a transaction that nobody ends holds a partition back.
  // `around` calls `note` once, and returns what it returned: for who makes the services stand
  // still while the ends are noted.
  using Around = std::function<absl::Status(const std::function<absl::Status()>& note)>;
  static absl::StatusOr<std::unique_ptr<ClusterImage>> Open(const Settings& settings, Cut cut,
                                                            const Around& around = nullptr);
  ~ClusterImage() override;

  // How far the scope's group says that it has committed, before and after the ends were noted.
  struct Committed {
    Position before, after;
  };
  Committed CommittedOf(Scope scope) const;
  // Of its changelog, in offsets.
  Range ChangelogRange(Scope scope) const;
  // All of the scope's sealed cycles that are kept.
  absl::StatusOr<Replayed> ReadScope(Scope scope, const ReplayFn& fn);
  // The id that the scope's changelog begins with.
  absl::StatusOr<std::string> ChangelogId(Scope scope);

  uint32_t partitions() const override { return partitions_; }
  uint64_t EndOffset(TopicPartition tp) const override;
  uint64_t FirstOffset(TopicPartition tp) const override;
  absl::StatusOr<uint64_t> Read(TopicPartition tp, uint64_t from, size_t max_records,
                                size_t max_bytes, std::vector<StoredRecord>* out) override;
  absl::StatusOr<Seal> Replay(Scope scope, uint64_t after_cycle, const ReplayFn& fn) override;

  absl::StatusOr<uint64_t> Append(TopicPartition to, std::vector<Record> records) override;
  absl::StatusOr<Ownership> Own(Service service) override;
  absl::StatusOr<CommitResult> Commit(const Cycle& cycle) override;
  uint64_t DurableTicket() const override { return 0; }
  void SetWakeup(std::function<void()>) override {}
  absl::Status TrimTopic(TopicPartition tp, uint64_t offset) override;
  absl::Status TrimChangelog(Scope scope, uint64_t cycle) override;

 private:
  using Offsets = std::vector<int64_t>;  // of topics, one after the other, by partition
  using Positions = std::map<Service, std::map<Partition, Position>>;
  explicit ClusterImage(const Settings& settings) : settings_(settings) {}
  absl::Status Note(Cut cut, const Around& around);
  absl::Status NoteEnds(Cut cut);
  // `where`: RD_KAFKA_OFFSET_BEGINNING or _END, as `client` sees it.
  absl::StatusOr<Offsets> Ask(rd_kafka_t* client, const std::vector<std::string>& topics,
                              int64_t where) const;
  absl::StatusOr<Offsets> DecidedEnds(const std::vector<std::string>& topics) const;
  absl::Status Keep(const std::vector<std::string>& topics, const Offsets& ends);
  absl::StatusOr<Positions> AllPositions();
  absl::StatusOr<PartitionReader*> ReaderAt(TopicPartition tp, uint64_t from);

  const Settings settings_;
  uint32_t partitions_ = 0;
  Client committed_, uncommitted_;
  std::map<std::string, std::vector<Range>> ranges_;  // by topic, of each partition
  Positions before_, after_;

  Mutex mu_;  // guards what follows: one place is read at a time
  std::unique_ptr<PartitionReader> reader_;
  TopicPartition reading_{};
  uint64_t next_ = 0;
};

// A client that may ask for the positions of the service's group, and is no member.
absl::StatusOr<Client> ConnectGroup(const Settings& settings, Service service);

// Members of the service's group: instances that run. UNAVAILABLE: no answer.
absl::StatusOr<int> MembersOf(const Settings& settings, Service service);

// Tables that are nowhere but in the changelogs.
class NoCheckpoints final : public CheckpointStore {
 public:
  absl::Status Ingest(Checkpoint checkpoint) override;
  absl::StatusOr<std::optional<Seal>> SealOf(Scope) override { return std::optional<Seal>(); }
  absl::StatusOr<std::optional<std::string>> Get(Scope, Table, absl::string_view) override {
    return std::optional<std::string>();
  }
  absl::Status Scan(Scope, Table, absl::string_view, const ScanFn&) override {
    return absl::OkStatus();
  }
  absl::Status Drop(Scope) override { return absl::OkStatus(); }
};

}  // namespace dangol::kafka
