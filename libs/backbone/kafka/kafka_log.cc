#include "libs/backbone/kafka/kafka_log.h"

#include <atomic>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/backbone/cycle_check.h"
#include "libs/backbone/kafka/appender.h"
#include "libs/backbone/kafka/changelog.h"
#include "libs/backbone/kafka/committer.h"
#include "libs/backbone/kafka/input_readers.h"
#include "libs/backbone/kafka/owners.h"
#include "libs/backbone/kafka/partition_reader.h"
#include "libs/backbone/kafka/topic_admin.h"
#include "libs/backbone/wakeup.h"
#include "libs/base/status.h"

namespace dangol {

using kafka::ConnectReader;
using kafka::Failure;
using kafka::PartitionReader;
using kafka::RangeOf;

class KafkaLog::Rep final : public kafka::ChangelogMarks {
 public:
  explicit Rep(const kafka::Settings& settings) : settings_(settings), committer_(settings) {}
  absl::Status Open();

  absl::StatusOr<uint64_t> Append(std::vector<Emit> records);
  absl::StatusOr<uint64_t> Await(uint64_t ticket);
  absl::StatusOr<Ownership> Own(Service service);
  kafka::InputReaders& inputs() { return *inputs_; }
  uint64_t EndOffset(TopicPartition tp);
  uint64_t FirstOffset(TopicPartition tp);
  absl::StatusOr<CommitResult> Commit(const Cycle& cycle);
  absl::StatusOr<Seal> Replay(Scope scope, uint64_t after_cycle, const ReplayFn& fn);
  absl::Status Trim(TopicPartition tp, uint64_t offset) {
    return DeleteRecords(reader_.get(), settings_, tp, static_cast<int64_t>(offset));
  }
  kafka::Leases leases() const;

  absl::StatusOr<std::string> IdOf(Scope scope) override;
  uint64_t SealOffset(Scope scope, uint64_t cycle) override {
    return committer_.seals().UpTo(scope, cycle);
  }
  void ReplayFrom(Scope scope, uint64_t offset) override;
  bool Acquiring(Scope scope) override;

  const kafka::Settings settings_;
  uint32_t partitions_ = 0;
  std::atomic<uint64_t> replayed_records_ = 0;
  Wakeup wakeup_;
  kafka::Committer committer_;
  std::unique_ptr<kafka::Appender> appender_;
  std::unique_ptr<kafka::Owners> owners_;

 private:
  absl::StatusOr<kafka::Range> Range(TopicPartition tp);
  absl::StatusOr<std::string> OwnIdOf(Scope scope);

  kafka::Client reader_;       // before what reads with it
  kafka::Client uncommitted_;  // sees what open transactions wrote
  Mutex own_mu_;               // before mu_: one Own at a time
  mutable Mutex mu_;
  kafka::Leases leases_;
  // Gained, but not yet handed over: their positions could not be read. Guarded by own_mu_.
  std::map<Service, std::set<Partition>> awaited_;
  // Guarded by mu_: gained and not yet replayed, with the offset to begin at.
  std::map<Scope, uint64_t> acquiring_;
  std::map<Scope, std::string> ids_;  // guarded by mu_: of changelogs, where known
  std::unique_ptr<kafka::InputReaders> inputs_;
};

absl::Status KafkaLog::Rep::Open() {
  DANGOL_ASSIGN_OR_RETURN(partitions_, CheckTopics(settings_));
  DANGOL_ASSIGN_OR_RETURN(reader_, ConnectReader(settings_, true));
  DANGOL_ASSIGN_OR_RETURN(uncommitted_, ConnectReader(settings_, false));
  DANGOL_ASSIGN_OR_RETURN(appender_, kafka::Appender::Open(settings_));
  DANGOL_ASSIGN_OR_RETURN(owners_, kafka::Owners::Open(settings_, partitions_, appender_.get()));
  inputs_ = std::make_unique<kafka::InputReaders>(settings_, [this] { wakeup_.Call(); });
  return committer_.Init();
}

kafka::Leases KafkaLog::Rep::leases() const {
  MutexLock lock(mu_);
  return leases_;
}

absl::StatusOr<Ownership> KafkaLog::Rep::Own(Service service) {
  MutexLock own(own_mu_);
  inputs_->Prune();
  owners_->Repeat();
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
    owners_->Lost(scope);
    committer_.seals().Forget(scope);
    if (awaited.erase(scope.partition) == 0) lost.push_back(scope);
  }
  change.lost = std::move(lost);
  const auto positions = lease->Positions({awaited.begin(), awaited.end()});
  if (!positions.ok()) return change;  // the next call tries again
  for (const auto& [partition, position] : *positions) {
    committer_.Gain({service, partition}, position);
    owners_->Gained({service, partition});
    MutexLock lock(mu_);
    acquiring_[{service, partition}] = 0;
    change.gained.push_back({service, partition});
  }
  awaited.clear();
  return change;
}

absl::StatusOr<kafka::Range> KafkaLog::Rep::Range(TopicPartition tp) {
  return RangeOf(reader_.get(), NameOf(settings_, tp.topic), tp.partition, settings_.patience_us);
}

uint64_t KafkaLog::Rep::EndOffset(TopicPartition tp) {
  const auto range =
      RangeOf(uncommitted_.get(), NameOf(settings_, tp.topic), tp.partition, settings_.patience_us);
  return range.ok() ? static_cast<uint64_t>(range->end) : std::numeric_limits<uint64_t>::max();
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
  DANGOL_ASSIGN_OR_RETURN(
      kafka::Range all, RangeOf(uncommitted_.get(), name, scope.partition, settings_.patience_us));
  if (after_cycle > 0) {
    MutexLock lock(mu_);
    if (const auto it = acquiring_.find(scope); it != acquiring_.end()) {
      all.first = std::max(all.first, static_cast<int64_t>(it->second));
    }
  }
  if (all.first > all.end) {
    return absl::DataLossError(absl::StrCat("changelog of ", ToString(scope),
                                            ": the checkpoint is ", "of offset ", all.first,
                                            ", but it ends at ", all.end));
  }
  PartitionReader reader(reader_.get(), name, scope.partition, nullptr);
  DANGOL_ASSIGN_OR_RETURN(
      const kafka::Replayed replayed,
      ReplayChangelog(&reader, all, *position, after_cycle, settings_.patience_us, fn));
  replayed_records_ += replayed.records;
  committer_.seals().Note(scope, replayed.last.cycle, replayed.last_offset);
  MutexLock lock(mu_);
  acquiring_.erase(scope);
  return replayed.last;
}

// The changelog's own, and how often it was recovered.
absl::StatusOr<std::string> KafkaLog::Rep::IdOf(Scope scope) {
  DANGOL_ASSIGN_OR_RETURN(std::string id, OwnIdOf(scope));
  const auto position = committer_.PositionOf(scope);
  if (position && position->epoch > 0) absl::StrAppend(&id, "-", position->epoch);
  return id;
}

absl::StatusOr<std::string> KafkaLog::Rep::OwnIdOf(Scope scope) {
  {
    MutexLock lock(mu_);
    if (const auto it = ids_.find(scope); it != ids_.end()) return it->second;
  }
  DANGOL_ASSIGN_OR_RETURN(
      std::string id, kafka::ReadChangelogId(reader_.get(), ChangelogOf(settings_, scope.service),
                                             scope.partition, settings_.patience_us));
  MutexLock lock(mu_);
  return ids_[scope] = std::move(id);
}

void KafkaLog::Rep::ReplayFrom(Scope scope, uint64_t offset) {
  MutexLock lock(mu_);
  if (const auto it = acquiring_.find(scope); it != acquiring_.end()) it->second = offset;
}

bool KafkaLog::Rep::Acquiring(Scope scope) {
  MutexLock lock(mu_);
  return acquiring_.contains(scope);
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

absl::StatusOr<uint64_t> KafkaLog::Read(TopicPartition tp, uint64_t from, size_t max_records,
                                        size_t max_bytes, std::vector<StoredRecord>* out) {
  return rep_->inputs().Read(tp, from, max_records, max_bytes, out);
}

Log::Ahead KafkaLog::LookAhead(TopicPartition tp, uint64_t from) {
  return rep_->inputs().LookAhead(tp, from);
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

absl::StatusOr<std::string> KafkaLog::OwnerOf(Scope scope) const {
  return rep_->owners_->Of(scope);
}

kafka::ChangelogMarks& KafkaLog::marks() { return *rep_; }
uint64_t KafkaLog::replayed_records() const { return rep_->replayed_records_; }

void KafkaLog::StandStill(bool still) {
  for (const auto& [service, lease] : rep_->leases()) lease->StandStill(still);
}

}  // namespace dangol
