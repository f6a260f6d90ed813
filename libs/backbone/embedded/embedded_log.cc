#include "libs/backbone/embedded/embedded_log.h"

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/backbone/cycle_check.h"
#include "libs/backbone/embedded/checkpoints.h"
#include "libs/backbone/embedded/codec.h"
#include "libs/backbone/embedded/database.h"
#include "libs/backbone/embedded/disk_watch.h"
#include "libs/backbone/embedded/log_index.h"
#include "libs/backbone/embedded/syncer.h"
#include "libs/backbone/embedded/tail_cache.h"
#include "libs/backbone/embedded/trimmer.h"
#include "libs/backbone/wakeup.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"

namespace dangol {

using embedded::Batch;
using embedded::BatchPtr;
using embedded::Database;
using embedded::Family;
using embedded::Frame;
using embedded::FromRocks;
using embedded::LogIndex;
using embedded::ScopeEnd;
using embedded::TopicEnds;

namespace {

// A write made ready without a lock: offsets and the write number are stamped on it under one.
struct Prepared {
  struct ForTopic {
    TopicPartition tp;
    std::shared_ptr<Batch> batch;
    std::string packed;
  };
  struct ForScope {
    Scope scope;
    ScopeEnd end;
    std::string packed;
  };
  std::vector<ForTopic> topics;
  std::vector<ForScope> scopes;
};

absl::Status Prepare(TopicPartition tp, std::vector<Record> records, Prepared* out) {
  std::vector<const Record*> pointers;
  pointers.reserve(records.size());
  for (const Record& record : records) pointers.push_back(&record);
  DANGOL_ASSIGN_OR_RETURN(std::string packed,
                          embedded::PackFrame(records.size(), embedded::EncodeRecords(pointers)));
  auto batch = std::make_shared<Batch>();
  batch->bytes = embedded::BytesOf(records);
  batch->records = std::move(records);
  out->topics.push_back({tp, std::move(batch), std::move(packed)});
  return absl::OkStatus();
}

absl::StatusOr<Prepared> Prepare(const std::vector<const ScopeCycle*>& parts) {
  Prepared prepared;
  std::map<TopicPartition, std::vector<Record>> emits;
  for (const ScopeCycle* part : parts) {
    for (const Emit& emit : part->emits) emits[emit.to].push_back(emit.record);
    const uint64_t fingerprint = Fingerprint(*part);
    DANGOL_ASSIGN_OR_RETURN(
        std::string packed,
        embedded::PackFrame(fingerprint, embedded::EncodeChangelog(part->seal, part->changes)));
    prepared.scopes.push_back({part->scope, {part->seal.cycle, fingerprint, 0}, std::move(packed)});
  }
  for (auto& [tp, records] : emits) {
    DANGOL_RETURN_IF_ERROR(Prepare(tp, std::move(records), &prepared));
  }
  return prepared;
}

absl::Status ReplayEntry(absl::string_view bytes, bool wanted, const Log::ReplayFn& fn,
                         Seal* last) {
  DANGOL_ASSIGN_OR_RETURN(const Frame frame, embedded::UnpackFrame(bytes));
  DANGOL_ASSIGN_OR_RETURN(embedded::ChangelogEntry entry, embedded::DecodeChangelog(frame.body));
  if (wanted) fn(entry.changes, entry.seal);
  *last = std::move(entry.seal);
  return absl::OkStatus();
}

// A refused write, whatever the cause: offer it again. The disk's reason stays with it.
absl::Status Undecided(const absl::Status& status) {
  if (absl::IsUnavailable(status)) return status;
  return embedded::DiskUnavailable(embedded::kDiskError, std::string(status.message()));
}

absl::Status OutOfRange(TopicPartition tp, uint64_t from, const TopicEnds& ends) {
  return absl::OutOfRangeError(absl::StrCat(ToString(tp), ": offset ", from, " is not in [",
                                            ends.first, ", ", ends.end, "]"));
}

}  // namespace

// Lock order: write_mu_, mu_. Writes are one at a time, so that offsets and numbers have no holes.
class EmbeddedLog::Rep {
 public:
  Rep(std::unique_ptr<Database> database, LogIndex index, const Options& options)
      : database_(std::move(database)),
        checkpoints_(*database_),
        index_(std::move(index)),
        tail_(options.tail_cache_bytes),
        watch_(database_->dir(), options.min_free_bytes, options.free_bytes),
        trimmer_(*database_, options.trim_interval_us),
        syncer_(*database_, options, index_.last_write(),
                {[this] { wakeup_.Call(); }, [this] { return Recover(); }}) {}

  uint32_t partitions() const { return database_->partitions(); }
  Database& database() { return *database_; }
  absl::StatusOr<uint64_t> FirstCycle(Scope scope);
  CheckpointStore& checkpoints() { return checkpoints_; }

  absl::StatusOr<uint64_t> Append(TopicPartition to, std::vector<Record> records) {
    if (to.partition >= partitions() || records.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("append to ", ToString(to), " of ", records.size(), " records"));
    }
    DANGOL_RETURN_IF_ERROR(Admit(to.topic));
    Prepared prepared;
    DANGOL_RETURN_IF_ERROR(Prepare(to, std::move(records), &prepared));
    DANGOL_ASSIGN_OR_RETURN(const uint64_t ticket, Write(&prepared, recovered_));
    DANGOL_RETURN_IF_ERROR(syncer_.Wait(ticket));
    return prepared.topics.front().batch->end() - 1;
  }

  absl::StatusOr<uint64_t> AppendAsync(std::vector<Emit> records) {
    std::map<TopicPartition, std::vector<Record>> parts;
    for (Emit& emit : records) {
      if (emit.to.partition >= partitions()) {
        return absl::InvalidArgumentError(absl::StrCat("append to ", ToString(emit.to)));
      }
      parts[emit.to].push_back(std::move(emit.record));
    }
    Prepared prepared;
    for (auto& [to, part] : parts) {
      DANGOL_RETURN_IF_ERROR(Admit(to.topic));
      DANGOL_RETURN_IF_ERROR(Prepare(to, std::move(part), &prepared));
    }
    if (prepared.topics.empty()) return DurableTicket();
    return Write(&prepared, recovered_);
  }
  absl::Status AwaitDurable(uint64_t ticket) { return syncer_.Wait(ticket); }

  Ownership Own(Service service) {
    MutexLock lock(mu_);
    Ownership answer;
    if (std::exchange(owned_[static_cast<int>(service)], true)) return answer;
    for (uint32_t p = 0; p < partitions(); ++p) {
      answer.gained.push_back({service, static_cast<Partition>(p)});
    }
    return answer;
  }

  absl::StatusOr<CommitResult> Commit(const Cycle& cycle) {
    DANGOL_RETURN_IF_ERROR(CheckCycle(cycle, partitions()));
    CommitResult result;
    const uint64_t recovered = recovered_;
    const std::vector<const ScopeCycle*> fresh = Fence(cycle, &result);
    if (fresh.empty()) return result;
    DANGOL_ASSIGN_OR_RETURN(Prepared prepared, Prepare(fresh));
    DANGOL_ASSIGN_OR_RETURN(result.ticket, Write(&prepared, recovered));
    return result;
  }

  uint64_t DurableTicket() const { return syncer_.durable(); }
  void SetWakeup(std::function<void()> fn) { wakeup_.Set(std::move(fn)); }

  absl::StatusOr<Seal> Replay(Scope scope, uint64_t after, const ReplayFn& fn);
  absl::StatusOr<uint64_t> Read(TopicPartition tp, uint64_t from, size_t max_records,
                                size_t max_bytes, std::vector<StoredRecord>* out);
  absl::Status TrimTopic(TopicPartition tp, uint64_t offset);
  absl::Status TrimChangelog(Scope scope, uint64_t cycle);
  absl::Status FreeTrimmed() { return trimmer_.Run(); }
  absl::Status Health() {
    DANGOL_RETURN_IF_ERROR(syncer_.Health());
    return watch_.Admits();
  }

  TopicEnds Ends(TopicPartition tp) {
    MutexLock lock(mu_);
    return index_.topic(tp);
  }

  Stats stats() const {
    Stats stats;
    stats.bytes_on_disk = database_->BytesOnDisk();
    stats.writes = writes_;
    stats.write_errors = write_errors_;
    stats.wal_syncs = syncer_.syncs();
    stats.wal_sync_errors = syncer_.errors();
    stats.recoveries = syncer_.recoveries();
    stats.refused_appends = refused_appends_;
    stats.tail_reads = tail_reads_;
    stats.disk_reads = disk_reads_;
    return stats;
  }

 private:
  // Commands and outcomes of what was begun may use the reserve; new work may not.
  absl::Status Admit(Topic topic) {
    absl::Status well = topic == Topic::kIngest ? Health() : syncer_.Health();
    if (!well.ok()) ++refused_appends_;
    return well;
  }
  std::vector<const ScopeCycle*> Fence(const Cycle& cycle, CommitResult* result);
  // `recovered`: how often the log had recovered when the parts were found to be the next.
  absl::StatusOr<uint64_t> Write(Prepared* prepared, uint64_t recovered);
  void KeepUntilDurable(uint64_t number, rocksdb::WriteBatch batch);
  absl::StatusOr<uint64_t> Recover();
  absl::Status WriteAgain();
  absl::StatusOr<BatchPtr> LoadBatch(TopicPartition tp, uint64_t offset);
  ScopeEnd EndOf(Scope scope) {
    MutexLock lock(mu_);
    return index_.scope(scope);
  }

  const std::unique_ptr<Database> database_;
  embedded::Checkpoints checkpoints_;
  Wakeup wakeup_;
  Mutex write_mu_;
  // What the disk may not have yet, by write number: Recover writes it again.
  std::deque<std::pair<uint64_t, rocksdb::WriteBatch>> unsynced_;  // guarded by write_mu_
  std::atomic<uint64_t> recovered_ = 0;                            // changed with write_mu_
  Mutex mu_;                                                       // guards what follows
  LogIndex index_;                                                 // changed with both locks
  embedded::TailCache tail_;
  std::array<bool, kServices> owned_ = {};
  std::atomic<uint64_t> writes_ = 0, write_errors_ = 0, tail_reads_ = 0, disk_reads_ = 0;
  std::atomic<uint64_t> refused_appends_ = 0;
  embedded::DiskWatch watch_;
  embedded::Trimmer trimmer_;
  embedded::Syncer syncer_;  // its thread calls wakeup_: the first to go
};

// A part is the next of its scope, or the last one again; anything else is a zombie's.
std::vector<const ScopeCycle*> EmbeddedLog::Rep::Fence(const Cycle& cycle, CommitResult* result) {
  std::vector<const ScopeCycle*> fresh;
  for (const ScopeCycle& part : cycle) {
    const ScopeEnd end = EndOf(part.scope);
    if (part.seal.cycle == end.cycle + 1) {
      fresh.push_back(&part);
    } else if (part.seal.cycle == end.cycle && end.cycle > 0 &&
               Fingerprint(part) == end.fingerprint) {
      result->ticket = std::max(result->ticket, end.write_number);
    } else {
      result->lost.push_back(part.scope);
    }
  }
  return fresh;
}

absl::StatusOr<uint64_t> EmbeddedLog::Rep::Write(Prepared* prepared, uint64_t recovered) {
  DANGOL_RETURN_IF_ERROR(syncer_.Writable());
  DANGOL_RETURN_IF_ERROR(watch_.Writable());
  uint64_t number = 0;
  {
    MutexLock write_lock(write_mu_);
    if (recovered != recovered_) return absl::UnavailableError("the log has just recovered");
    number = index_.last_write() + 1;
    rocksdb::WriteBatch batch;
    for (auto& [tp, records, packed] : prepared->topics) {
      records->base = index_.topic(tp).end;
      embedded::StampFrame(number, &packed);
      batch.Put(database_->family(embedded::FamilyOf(tp.topic)),
                embedded::TopicKey(tp, records->base), packed);
    }
    for (auto& [scope, end, packed] : prepared->scopes) {
      end.write_number = number;
      embedded::StampFrame(number, &packed);
      batch.Put(database_->family(Family::kChangelog), embedded::ChangelogKey(scope, end.cycle),
                packed);
    }
    batch.Put(database_->family(Family::kMeta), embedded::kWriteNumberKey, EncodeKey(number));
    const absl::Status written = database_->Write("writing to the log", &batch);
    if (!written.ok()) {
      ++write_errors_;
      const absl::Status refused = Undecided(written);
      syncer_.Failed(refused);
      return refused;
    }
    ++writes_;
    KeepUntilDurable(number, std::move(batch));
    MutexLock lock(mu_);
    index_.set_last_write(number);
    for (const auto& [tp, records, packed] : prepared->topics) {
      index_.topic(tp).end = records->end();
      tail_.Add(tp, records);
    }
    for (const auto& [scope, end, packed] : prepared->scopes) index_.scope(scope) = end;
    syncer_.Committed(number);
  }
  wakeup_.Call();
  return number;
}

void EmbeddedLog::Rep::KeepUntilDurable(uint64_t number, rocksdb::WriteBatch batch) {
  unsynced_.emplace_back(number, std::move(batch));
  const uint64_t durable = syncer_.durable();
  while (!unsynced_.empty() && unsynced_.front().first <= durable) unsynced_.pop_front();
}

// Starts anew from what the disk has, as a new process would, but for what was written and not yet
// synced: readers may have seen it, so it is written again under its old numbers. The disk may also
// have the write that was refused last; then it stands, and is offered again in vain.
absl::StatusOr<uint64_t> EmbeddedLog::Rep::Recover() {
  DANGOL_RETURN_IF_ERROR(watch_.Writable());
  DANGOL_RETURN_IF_ERROR(database_->Probe());
  MutexLock write_lock(write_mu_);
  DANGOL_RETURN_IF_ERROR(database_->Reopen());
  DANGOL_RETURN_IF_ERROR(WriteAgain());
  absl::StatusOr<LogIndex> index = LogIndex::Load(*database_);
  if (!index.ok()) return index.status();
  unsynced_.clear();
  MutexLock lock(mu_);
  index_ = *std::move(index);
  tail_.Clear();
  ++recovered_;
  return index_.last_write();
}

absl::Status EmbeddedLog::Rep::WriteAgain() {
  DANGOL_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                          database_->Get(Family::kMeta, embedded::kWriteNumberKey));
  uint64_t last = bytes ? DecodeKey(*bytes) : 0;
  for (auto& [number, batch] : unsynced_) {
    if (number != last + 1) continue;
    DANGOL_RETURN_IF_ERROR(database_->Write("writing again", &batch));
    last = number;
  }
  if (last < syncer_.durable()) {
    database_->Close();
    return absl::DataLossError(absl::StrCat(database_->dir(), ": write ", syncer_.durable(),
                                            " was on the disk, which now ends at ", last,
                                            "; stop the server and run `dangol recover`"));
  }
  return database_->Sync();
}

absl::StatusOr<Seal> EmbeddedLog::Rep::Replay(Scope scope, uint64_t after, const ReplayFn& fn) {
  const ScopeEnd end = EndOf(scope);
  if (end.cycle < after) {
    return absl::DataLossError(absl::StrCat(ToString(scope), ": the changelog ends at cycle ",
                                            end.cycle, ", before cycle ", after));
  }
  if (end.cycle == 0) return Seal{};
  Seal last;
  // The last entry is never trimmed; it is read even where nothing comes after `after`.
  uint64_t next = std::min(after + 1, end.cycle);
  absl::Status damaged;
  const absl::Status read = database_->Look("reading a changelog", [&](rocksdb::DB& db) {
    const std::unique_ptr<rocksdb::Iterator> it(
        db.NewIterator(rocksdb::ReadOptions(), database_->family(Family::kChangelog)));
    it->Seek(embedded::ChangelogKey(scope, next));
    for (; damaged.ok() && next <= end.cycle; it->Next()) {
      if (!it->status().ok()) return it->status();
      const bool there = it->Valid() && it->key() == embedded::ChangelogKey(scope, next);
      const rocksdb::Slice value = there ? it->value() : rocksdb::Slice();
      if (!it->status().ok()) return it->status();
      damaged = there ? ReplayEntry({value.data(), value.size()}, next > after, fn, &last)
                      : absl::DataLossError(absl::StrCat(ToString(scope), ": cycle ", next,
                                                         " is not in the changelog"));
      ++next;
    }
    return rocksdb::Status::OK();
  });
  DANGOL_RETURN_IF_ERROR(read);
  DANGOL_RETURN_IF_ERROR(damaged);
  return last;
}

absl::StatusOr<uint64_t> EmbeddedLog::Rep::FirstCycle(Scope scope) {
  uint64_t first = 0;
  const std::string from = embedded::ChangelogKey(scope, 0);
  const std::string to = embedded::ChangelogKey(scope, UINT64_MAX);
  DANGOL_RETURN_IF_ERROR(database_->Look("reading a changelog", [&](rocksdb::DB& db) {
    const std::unique_ptr<rocksdb::Iterator> it(
        db.NewIterator(rocksdb::ReadOptions(), database_->family(Family::kChangelog)));
    it->Seek(from);
    const bool there = it->Valid() && it->key().compare(to) <= 0;
    first = there ? embedded::KeyNumber({it->key().data(), it->key().size()}) : 0;
    return it->status();
  }));
  return first;
}

absl::StatusOr<BatchPtr> EmbeddedLog::Rep::LoadBatch(TopicPartition tp, uint64_t offset) {
  ++disk_reads_;
  DANGOL_ASSIGN_OR_RETURN(
      const std::optional<Database::Row> row,
      database_->LastUpTo(embedded::FamilyOf(tp.topic), embedded::TopicKey(tp, offset),
                          embedded::TopicPrefix(tp)));
  auto batch = std::make_shared<Batch>();
  if (row) {
    DANGOL_ASSIGN_OR_RETURN(const Frame frame, embedded::UnpackFrame(row->value));
    DANGOL_ASSIGN_OR_RETURN(batch->records, embedded::DecodeRecords(frame.body));
    batch->base = embedded::KeyNumber(row->key);
  }
  if (offset < batch->base || offset >= batch->end()) {
    return absl::OutOfRangeError(absl::StrCat(ToString(tp), ": offset ", offset, " is missing"));
  }
  return batch;
}

absl::StatusOr<uint64_t> EmbeddedLog::Rep::Read(TopicPartition tp, uint64_t from,
                                                size_t max_records, size_t max_bytes,
                                                std::vector<StoredRecord>* out) {
  size_t left = std::max<size_t>(max_records, 1);
  size_t bytes = 0;
  for (bool first = true; left > 0;) {
    BatchPtr batch;
    {
      MutexLock lock(mu_);
      const TopicEnds ends = index_.topic(tp);
      if (from < ends.first || from > ends.end) return OutOfRange(tp, from, ends);
      if (from == ends.end) return from;
      batch = tail_.Find(tp, from);
    }
    if (batch == nullptr) {
      DANGOL_ASSIGN_OR_RETURN(batch, LoadBatch(tp, from));
    } else {
      ++tail_reads_;
    }
    for (; left > 0 && from < batch->end(); --left, ++from, first = false) {
      const Record& record = batch->records[from - batch->base];
      bytes += record.key.size() + record.value.size();
      if (!first && bytes > max_bytes) return from;
      out->push_back({from, record});
    }
  }
  return from;
}

// The batch that holds `offset` stays, and so does the last one: it tells where the topic ends.
absl::Status EmbeddedLog::Rep::TrimTopic(TopicPartition tp, uint64_t offset) {
  const TopicEnds ends = Ends(tp);
  offset = std::min(offset, ends.end);
  if (offset <= ends.first) return absl::OkStatus();
  const Family family = embedded::FamilyOf(tp.topic);
  DANGOL_ASSIGN_OR_RETURN(
      const std::optional<Database::Row> holder,
      database_->LastUpTo(family, embedded::TopicKey(tp, offset), embedded::TopicPrefix(tp)));
  // Not before: a read waits until the disk is well, and Recover, which makes it so, takes the
  // lock.
  MutexLock write_lock(write_mu_);
  if (offset <= Ends(tp).first) return absl::OkStatus();
  rocksdb::WriteBatch batch;
  if (holder) {
    batch.DeleteRange(database_->family(family), embedded::TopicKey(tp, 0), holder->key);
  }
  batch.Put(database_->family(Family::kMeta), embedded::FirstOffsetKey(tp), EncodeKey(offset));
  DANGOL_RETURN_IF_ERROR(database_->Write("trimming a topic", &batch));
  {
    MutexLock lock(mu_);
    index_.topic(tp).first = offset;
  }
  trimmer_.Mark(family);
  return absl::OkStatus();
}

absl::Status EmbeddedLog::Rep::TrimChangelog(Scope scope, uint64_t cycle) {
  const ScopeEnd end = EndOf(scope);
  if (end.cycle == 0) return absl::OkStatus();
  const uint64_t below = std::min(cycle + 1, end.cycle);  // the last entry stays
  rocksdb::WriteBatch batch;
  batch.DeleteRange(database_->family(Family::kChangelog), embedded::ChangelogKey(scope, 0),
                    embedded::ChangelogKey(scope, below));
  DANGOL_RETURN_IF_ERROR(database_->Write("trimming a changelog", &batch));
  trimmer_.Mark(Family::kChangelog);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<EmbeddedLog>> EmbeddedLog::Open(absl::string_view dir,
                                                               Options options) {
  DANGOL_ASSIGN_OR_RETURN(std::unique_ptr<Database> database,
                          Database::Open(std::string(dir), options));
  DANGOL_ASSIGN_OR_RETURN(LogIndex index, LogIndex::Load(*database));
  return std::unique_ptr<EmbeddedLog>(
      new EmbeddedLog(std::make_unique<Rep>(std::move(database), std::move(index), options)));
}

EmbeddedLog::EmbeddedLog(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
EmbeddedLog::~EmbeddedLog() = default;

CheckpointStore& EmbeddedLog::checkpoints() { return rep_->checkpoints(); }
EmbeddedLog::Stats EmbeddedLog::stats() const { return rep_->stats(); }
absl::Status EmbeddedLog::Health() { return rep_->Health(); }
absl::StatusOr<uint64_t> EmbeddedLog::FirstCycle(Scope scope) { return rep_->FirstCycle(scope); }
Database& EmbeddedLog::database() { return rep_->database(); }
absl::Status EmbeddedLog::FreeTrimmed() { return rep_->FreeTrimmed(); }
uint32_t EmbeddedLog::partitions() const { return rep_->partitions(); }
absl::StatusOr<uint64_t> EmbeddedLog::Append(TopicPartition to, std::vector<Record> records) {
  return rep_->Append(to, std::move(records));
}
absl::StatusOr<uint64_t> EmbeddedLog::AppendAsync(std::vector<Emit> records) {
  return rep_->AppendAsync(std::move(records));
}
absl::Status EmbeddedLog::AwaitDurable(uint64_t ticket) { return rep_->AwaitDurable(ticket); }
absl::StatusOr<Ownership> EmbeddedLog::Own(Service service) { return rep_->Own(service); }
absl::StatusOr<Seal> EmbeddedLog::Replay(Scope scope, uint64_t after_cycle, const ReplayFn& fn) {
  return rep_->Replay(scope, after_cycle, fn);
}
absl::StatusOr<uint64_t> EmbeddedLog::Read(TopicPartition tp, uint64_t from, size_t max_records,
                                           size_t max_bytes, std::vector<StoredRecord>* out) {
  return rep_->Read(tp, from, max_records, max_bytes, out);
}
uint64_t EmbeddedLog::EndOffset(TopicPartition tp) const { return rep_->Ends(tp).end; }
uint64_t EmbeddedLog::FirstOffset(TopicPartition tp) const { return rep_->Ends(tp).first; }
absl::StatusOr<CommitResult> EmbeddedLog::Commit(const Cycle& cycle) { return rep_->Commit(cycle); }
uint64_t EmbeddedLog::DurableTicket() const { return rep_->DurableTicket(); }
void EmbeddedLog::SetWakeup(std::function<void()> fn) { rep_->SetWakeup(std::move(fn)); }
absl::Status EmbeddedLog::TrimTopic(TopicPartition tp, uint64_t offset) {
  return rep_->TrimTopic(tp, offset);
}
absl::Status EmbeddedLog::TrimChangelog(Scope scope, uint64_t cycle) {
  return rep_->TrimChangelog(scope, cycle);
}

}  // namespace dangol
