#include "libs/backbone/kafka/kafka_log.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "libs/backbone/cycle_check.h"
#include "libs/backbone/kafka/appender.h"
#include "libs/backbone/kafka/changelog.h"
#include "libs/backbone/kafka/committer.h"
#include "libs/backbone/kafka/partition_reader.h"
#include "libs/backbone/kafka/topic_admin.h"
#include "libs/backbone/wakeup.h"
#include "libs/base/status.h"

namespace dangol {

using kafka::ConnectReader;
using kafka::Failure;
using kafka::PartitionReader;
using kafka::RangeOf;

class KafkaLog::Rep {
 public:
  explicit Rep(const kafka::Settings& settings) : settings_(settings), committer_(settings) {}
  absl::Status Open();

  absl::StatusOr<uint64_t> Append(std::vector<Emit> records);
  absl::StatusOr<uint64_t> Await(uint64_t ticket);
  absl::StatusOr<Ownership> Own(Service service);
  absl::Status Read(TopicPartition tp, uint64_t from, size_t max_records, size_t max_bytes,
                    std::vector<StoredRecord>* out);
  uint64_t EndOffset(TopicPartition tp);
  uint64_t FirstOffset(TopicPartition tp);
  absl::StatusOr<CommitResult> Commit(const Cycle& cycle);
  absl::StatusOr<Seal> Replay(Scope scope, uint64_t after_cycle, const ReplayFn& fn);
  absl::Status Trim(TopicPartition tp, uint64_t offset) {
    return DeleteRecords(reader_.get(), settings_, tp, static_cast<int64_t>(offset));
  }
  kafka::Leases leases() const;

  const kafka::Settings settings_;
  uint32_t partitions_ = 0;
  Wakeup wakeup_;
  kafka::Committer committer_;
  std::unique_ptr<kafka::Appender> appender_;

 private:
  // A partition that is being read, and from where the next Read will probably be.
  struct Input {
    Mutex mu;
    std::unique_ptr<PartitionReader> reader;
    uint64_t next = 0;
    // The end there was when reading began; 0 once it was reached. Until then Read waits.
    uint64_t ahead = 0;
    absl::Status Fill(Micros wait) {
      absl::Status status = reader->Fill(wait);
      if (reader->reached_end() >= 0) ahead = 0;
      return status;
    }
  };
  Input& InputOf(TopicPartition tp);
  absl::Status Seek(TopicPartition tp, uint64_t from, Input* input);
  absl::StatusOr<kafka::Range> Range(TopicPartition tp);

  kafka::Client reader_;       // before what reads with it
  kafka::Client uncommitted_;  // sees what open transactions wrote
  Mutex own_mu_;               // before mu_: one Own at a time
  mutable Mutex mu_;
  kafka::Leases leases_;
  // Gained, but not yet handed over: their positions could not be read. Guarded by own_mu_.
  std::map<Service, std::set<Partition>> awaited_;
  absl::flat_hash_map<TopicPartition, std::unique_ptr<Input>> inputs_;
};

absl::Status KafkaLog::Rep::Open() {
  DANGOL_ASSIGN_OR_RETURN(partitions_, CheckTopics(settings_));
  DANGOL_ASSIGN_OR_RETURN(reader_, ConnectReader(settings_, true));
  DANGOL_ASSIGN_OR_RETURN(uncommitted_, ConnectReader(settings_, false));
  DANGOL_ASSIGN_OR_RETURN(appender_, kafka::Appender::Open(settings_));
  return committer_.Init();
}

kafka::Leases KafkaLog::Rep::leases() const {
  MutexLock lock(mu_);
  return leases_;
}

absl::StatusOr<Ownership> KafkaLog::Rep::Own(Service service) {
  MutexLock own(own_mu_);
  std::shared_ptr<kafka::Lease> lease;
  {
    MutexLock lock(mu_);
    lease = leases_[service];
  }
  if (lease == nullptr) {
    DANGOL_ASSIGN_OR_RETURN(lease, kafka::Lease::Join(settings_, service));
    MutexLock lock(mu_);
    leases_[service] = lease;
  }
  Ownership change = lease->Poll();
  std::set<Partition>& awaited = awaited_[service];
  for (Scope scope : std::exchange(change.gained, {})) awaited.insert(scope.partition);
  std::vector<Scope> lost;
  for (Scope scope : change.lost) {
    committer_.Lose(scope);
    if (awaited.erase(scope.partition) == 0) lost.push_back(scope);
  }
  change.lost = std::move(lost);
  const auto positions = lease->Positions({awaited.begin(), awaited.end()});
  if (!positions.ok()) return change;  // the next call tries again
  for (const auto& [partition, position] : *positions) {
    committer_.Gain({service, partition}, position);
    change.gained.push_back({service, partition});
  }
  awaited.clear();
  return change;
}

absl::StatusOr<kafka::Range> KafkaLog::Rep::Range(TopicPartition tp) {
  return RangeOf(reader_.get(), NameOf(settings_, tp.topic), tp.partition, settings_.patience_us);
}

KafkaLog::Rep::Input& KafkaLog::Rep::InputOf(TopicPartition tp) {
  MutexLock lock(mu_);
  std::unique_ptr<Input>& input = inputs_[tp];
  if (input == nullptr) {
    input = std::make_unique<Input>();
    input->reader = std::make_unique<PartitionReader>(reader_.get(), NameOf(settings_, tp.topic),
                                                      tp.partition, [this] { wakeup_.Call(); });
  }
  return *input;
}

// Begins to read elsewhere than where the last Read ended.
absl::Status KafkaLog::Rep::Seek(TopicPartition tp, uint64_t from, Input* input) {
  DANGOL_ASSIGN_OR_RETURN(const kafka::Range range, Range(tp));
  if (from < static_cast<uint64_t>(range.first) || from > static_cast<uint64_t>(range.end)) {
    return absl::OutOfRangeError(absl::StrCat(ToString(tp), ": offset ", from, " is not in ",
                                              range.first, " to ", range.end));
  }
  input->next = from;
  input->ahead = std::max<uint64_t>(range.end, 1);
  return input->reader->Start(static_cast<int64_t>(from));
}

absl::Status KafkaLog::Rep::Read(TopicPartition tp, uint64_t from, size_t max_records,
                                 size_t max_bytes, std::vector<StoredRecord>* out) {
  Input& input = InputOf(tp);
  MutexLock lock(input.mu);
  if (!input.reader->started() || input.next != from) {
    DANGOL_RETURN_IF_ERROR(Seek(tp, from, &input));
  }
  DANGOL_RETURN_IF_ERROR(input.Fill(input.ahead > 0 ? settings_.patience_us : 0));
  auto& buffered = input.reader->buffered();
  size_t bytes = 0;
  for (size_t n = 0; n < max_records && !buffered.empty(); ++n) {
    bytes += buffered.front()->len + buffered.front()->key_len;
    if (n > 0 && bytes > max_bytes) break;
    out->push_back(kafka::ToRecord(*buffered.front()));
    input.next = out->back().offset + 1;
    buffered.pop_front();
  }
  return absl::OkStatus();
}

// Of a partition that is read: after the last record that has arrived here. What Kafka calls the
// end may be a transaction's mark, behind which nothing is to be read.
uint64_t KafkaLog::Rep::EndOffset(TopicPartition tp) {
  Input& input = InputOf(tp);
  MutexLock lock(input.mu);
  if (input.reader->started() && input.Fill(0).ok()) {
    const auto& buffered = input.reader->buffered();
    const uint64_t here = buffered.empty() ? input.next : buffered.back()->offset + uint64_t{1};
    return std::max(here, input.ahead);
  }
  const auto range = Range(tp);
  return range.ok() ? static_cast<uint64_t>(range->end) : 0;
}

uint64_t KafkaLog::Rep::FirstOffset(TopicPartition tp) {
  const auto range = Range(tp);
  return range.ok() ? static_cast<uint64_t>(range->first) : 0;
}

absl::StatusOr<uint64_t> KafkaLog::Rep::Append(std::vector<Emit> records) {
  if (records.empty()) return absl::InvalidArgumentError("append: no records");
  for (const Emit& emit : records) {
    if (emit.to.partition >= partitions_) {
      return absl::InvalidArgumentError(absl::StrCat(
          "append: ", ToString(emit.to), " is not in a log of ", partitions_, " partitions"));
    }
  }
  return appender_->Write(records);
}

absl::StatusOr<uint64_t> KafkaLog::Rep::Await(uint64_t ticket) {
  absl::StatusOr<uint64_t> last = appender_->Await(ticket);
  if (last.ok()) wakeup_.Call();
  return last;
}

absl::StatusOr<CommitResult> KafkaLog::Rep::Commit(const Cycle& cycle) {
  DANGOL_RETURN_IF_ERROR(CheckCycle(cycle, partitions_));
  absl::StatusOr<CommitResult> result = committer_.Commit(cycle, leases());
  if (result.ok()) wakeup_.Call();
  return result;
}

absl::StatusOr<Seal> KafkaLog::Rep::Replay(Scope scope, uint64_t after_cycle, const ReplayFn& fn) {
  const auto position = committer_.PositionOf(scope);
  if (!position.has_value()) {
    return absl::FailedPreconditionError(absl::StrCat(ToString(scope), " is not ours"));
  }
  const std::string name = ChangelogOf(settings_, scope.service);
  DANGOL_ASSIGN_OR_RETURN(const kafka::Range all, RangeOf(uncommitted_.get(), name, scope.partition,
                                                          settings_.patience_us));
  PartitionReader reader(reader_.get(), name, scope.partition, nullptr);
  return ReplayChangelog(&reader, all, *position, after_cycle, settings_.patience_us, fn);
}

KafkaLog::KafkaLog(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
KafkaLog::~KafkaLog() { rep_->wakeup_.Set(nullptr); }

absl::StatusOr<std::unique_ptr<KafkaLog>> KafkaLog::Open(const kafka::Settings& settings) {
  auto rep = std::make_unique<Rep>(settings);
  DANGOL_RETURN_IF_ERROR(rep->Open());
  return std::unique_ptr<KafkaLog>(new KafkaLog(std::move(rep)));
}

uint32_t KafkaLog::partitions() const { return rep_->partitions_; }

absl::StatusOr<uint64_t> KafkaLog::Append(TopicPartition to, std::vector<Record> records) {
  std::vector<Emit> emits;
  for (Record& record : records) emits.push_back({to, std::move(record)});
  DANGOL_ASSIGN_OR_RETURN(const uint64_t ticket, rep_->Append(std::move(emits)));
  return rep_->Await(ticket);
}

absl::StatusOr<uint64_t> KafkaLog::AppendAsync(std::vector<Emit> records) {
  return rep_->Append(std::move(records));
}

absl::Status KafkaLog::AwaitDurable(uint64_t ticket) { return rep_->Await(ticket).status(); }

absl::StatusOr<Ownership> KafkaLog::Own(Service service) { return rep_->Own(service); }

absl::StatusOr<Seal> KafkaLog::Replay(Scope scope, uint64_t after_cycle, const ReplayFn& fn) {
  return rep_->Replay(scope, after_cycle, fn);
}

absl::Status KafkaLog::Read(TopicPartition tp, uint64_t from, size_t max_records, size_t max_bytes,
                            std::vector<StoredRecord>* out) {
  return rep_->Read(tp, from, max_records, max_bytes, out);
}

uint64_t KafkaLog::EndOffset(TopicPartition tp) const { return rep_->EndOffset(tp); }
uint64_t KafkaLog::FirstOffset(TopicPartition tp) const { return rep_->FirstOffset(tp); }

absl::StatusOr<CommitResult> KafkaLog::Commit(const Cycle& cycle) { return rep_->Commit(cycle); }

uint64_t KafkaLog::DurableTicket() const { return rep_->committer_.last_ticket(); }

void KafkaLog::SetWakeup(std::function<void()> fn) { rep_->wakeup_.Set(std::move(fn)); }

absl::Status KafkaLog::TrimTopic(TopicPartition tp, uint64_t offset) {
  return rep_->Trim(tp, offset);
}

absl::Status KafkaLog::TrimChangelog(Scope, uint64_t) { return absl::OkStatus(); }

void KafkaLog::StandStill(bool still) {
  for (const auto& [service, lease] : rep_->leases()) lease->StandStill(still);
}

}  // namespace dangol
