#include "libs/backbone/testing/sim_log.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "libs/backbone/cycle_check.h"
#include "libs/backbone/wakeup.h"
#include "libs/base/mutex.h"
#include "libs/base/rng.h"
#include "libs/base/status.h"

namespace dangol {
namespace {

constexpr int kNobody = -1;

struct SimTopic {
  enum class Kind { kRecord, kGap, kLost };
  struct Entry {
    uint64_t ticket;
    Record record;
    Kind kind = Kind::kRecord;
  };
  uint64_t first = 0;
  std::deque<Entry> entries;
  uint64_t end() const { return first + entries.size(); }
};

struct SimChangelog {
  struct Entry {
    uint64_t ticket;
    uint64_t fingerprint;
    Seal seal;
    std::vector<Change> changes;
  };
  std::deque<Entry> entries;  // the last durable one is never trimmed
  uint64_t last_cycle() const { return entries.empty() ? 0 : entries.back().seal.cycle; }
};

struct Process {
  Wakeup wakeup;
  std::set<Service> services;
  std::set<Scope> gained;  // not yet reported
  std::set<Scope> lost;
};

}  // namespace

class SimLog::Core {
 public:
  explicit Core(Options options) : options_(options), rng_(options.seed), gaps_(options.seed + 1) {}

  int Join() {
    MutexLock lock(mu_);
    processes_[++last_id_] = std::make_shared<Process>();
    return last_id_;
  }

  void Leave(int id) {
    SetWakeup(id, nullptr);
    MutexLock lock(mu_);
    processes_.erase(id);
    std::erase_if(owners_, [id](const auto& owner) { return owner.second == id; });
  }

  uint32_t partitions() const { return options_.partitions; }

  absl::StatusOr<uint64_t> Append(TopicPartition to, std::vector<Record> records) {
    uint64_t last = 0;
    absl::Status answer;
    {
      MutexLock lock(mu_);
      if (to.partition >= options_.partitions || records.empty()) {
        return absl::InvalidArgumentError(
            absl::StrCat("append to ", ToString(to), " of ", records.size(), " records"));
      }
      const bool fails = rng_.Chance(options_.faults.append_unavailable);
      if (fails) answer = absl::UnavailableError("simulated: append");
      if (fails && !rng_.Chance(options_.faults.append_unavailable_written)) {
        LeaveGap(to);
        return answer;
      }
      ++committed_;
      SimTopic& topic = topics_[to];
      for (Record& record : records) topic.entries.push_back({committed_, std::move(record)});
      last = topic.end() - 1;
      LeaveGap(to);
      if (!fails || !options_.faults.lagging_sync) durable_ = committed_;
    }
    WakeAll();
    if (!answer.ok()) return answer;
    return last;
  }

  absl::StatusOr<Ownership> Own(int id, Service service) {
    MutexLock lock(mu_);
    Process& process = *processes_.at(id);
    process.services.insert(service);
    Ownership answer;
    for (uint32_t p = 0; p < options_.partitions; ++p) {
      const Scope scope{service, static_cast<Partition>(p)};
      if (process.lost.erase(scope) > 0) {
        answer.lost.push_back(scope);
      } else if (process.gained.erase(scope) > 0 || owners_.try_emplace(scope, id).second) {
        answer.gained.push_back(scope);
      }
    }
    return answer;
  }

  absl::StatusOr<Seal> Replay(Scope scope, uint64_t after, const ReplayFn& fn) {
    SimChangelog changelog;
    {
      MutexLock lock(mu_);
      changelog = changelogs_[scope];  // `fn` may call the log
      // What a new owner finds: RocksDB writes out what it recovers, and Kafka has no other.
      durable_ = committed_;
    }
    if (changelog.last_cycle() < after) {
      return absl::DataLossError(absl::StrCat(ToString(scope), ": changelog ends at cycle ",
                                              changelog.last_cycle(), ", before cycle ", after));
    }
    if (changelog.entries.empty()) return Seal{};
    if (changelog.entries.front().seal.cycle > after + 1) {
      return absl::DataLossError(absl::StrCat(ToString(scope), ": changelog begins at cycle ",
                                              changelog.entries.front().seal.cycle,
                                              ", after cycle ", after + 1));
    }
    for (const auto& entry : changelog.entries) {
      if (entry.seal.cycle > after) fn(entry.changes, entry.seal);
    }
    return changelog.entries.back().seal;
  }

  absl::StatusOr<uint64_t> Read(TopicPartition tp, uint64_t from, size_t max_records,
                                size_t max_bytes, std::vector<StoredRecord>* out) {
    bool wake = false;
    {
      MutexLock lock(mu_);
      const SimTopic& topic = topics_[tp];
      if (from < topic.first || from > topic.end()) {
        return absl::OutOfRangeError(absl::StrCat(ToString(tp), ": offset ", from, " is not in [",
                                                  topic.first, ", ", topic.end(), "]"));
      }
      size_t bytes = 0;
      const size_t limit = std::max<size_t>(max_records, 1);
      size_t n = 0;
      for (const uint64_t begin = from; from < topic.end(); ++from) {
        const SimTopic::Entry& entry = topic.entries[from - topic.first];
        if (entry.kind == SimTopic::Kind::kGap) continue;
        if (entry.kind == SimTopic::Kind::kLost) {
          if (from > begin) break;
          return absl::OutOfRangeError(absl::StrCat(ToString(tp), ": offset ", from, " is lost"));
        }
        bytes += entry.record.key.size() + entry.record.value.size();
        if (n == limit || (n > 0 && bytes > max_bytes)) break;
        out->push_back({from, entry.record});
        ++n;
      }
      wake = MaybeStep();
    }
    if (wake) WakeAll();
    return from;
  }

  uint64_t EndOffset(TopicPartition tp) {
    MutexLock lock(mu_);
    return topics_[tp].end();
  }
  uint64_t FirstOffset(TopicPartition tp) {
    MutexLock lock(mu_);
    return topics_[tp].first;
  }

  absl::StatusOr<CommitResult> Commit(int id, const Cycle& cycle) {
    DANGOL_RETURN_IF_ERROR(CheckCycle(cycle, options_.partitions));
    CommitResult result;
    bool fails = false;
    {
      MutexLock lock(mu_);
      bool written = true;
      if (!next_failures_.empty()) {
        fails = true;
        written = next_failures_.front();
        next_failures_.pop_front();
      } else if (rng_.Chance(options_.faults.commit_unavailable)) {
        fails = true;
        written = rng_.Chance(options_.faults.commit_unavailable_written);
      }
      if (written) result = Write(id, cycle);
      for (const ScopeCycle& part : cycle) {
        for (const Emit& emit : part.emits) LeaveGap(emit.to);
      }
      if (!options_.faults.lagging_sync) durable_ = committed_;
      MaybeStep();
    }
    WakeAll();
    if (fails) return absl::UnavailableError("simulated: commit");
    return result;
  }

  uint64_t DurableTicket() const {
    MutexLock lock(mu_);
    return durable_;
  }
  uint64_t CommittedTicket() const {
    MutexLock lock(mu_);
    return committed_;
  }

  void SetWakeup(int id, std::function<void()> fn) {
    std::shared_ptr<Process> process;
    {
      MutexLock lock(mu_);
      process = processes_.at(id);
    }
    process->wakeup.Set(std::move(fn));
  }

  void TrimTopic(TopicPartition tp, uint64_t offset) {
    MutexLock lock(mu_);
    SimTopic& topic = topics_[tp];
    for (; topic.first < offset && !topic.entries.empty(); ++topic.first) {
      topic.entries.pop_front();
    }
  }

  void TrimChangelog(Scope scope, uint64_t cycle) {
    MutexLock lock(mu_);
    auto& entries = changelogs_[scope].entries;
    while (entries.size() > 1 && entries.front().seal.cycle <= cycle &&
           entries[1].ticket <= durable_) {
      entries.pop_front();
    }
  }

  void GiveTo(Scope scope, int id) {
    MutexLock lock(mu_);
    if (auto it = owners_.find(scope); it != owners_.end()) {
      Process& loser = *processes_.at(it->second);
      if (loser.gained.erase(scope) == 0) loser.lost.insert(scope);
      owners_.erase(it);
    }
    if (id == kNobody) return;
    owners_[scope] = id;
    processes_.at(id)->gained.insert(scope);
  }

  void SyncUpTo(uint64_t ticket) {
    {
      MutexLock lock(mu_);
      durable_ = std::max(durable_, std::min(ticket, committed_));
    }
    WakeAll();
  }

  bool Step() {
    bool moved;
    {
      MutexLock lock(mu_);
      moved = SyncSome();
    }
    if (moved) WakeAll();
    return moved;
  }

  void Crash(bool keep_nothing) {
    MutexLock lock(mu_);
    const uint64_t kept = keep_nothing ? durable_ : durable_ + rng_.Below(Unsynced() + 1);
    for (auto& [tp, topic] : topics_) {
      auto& entries = topic.entries;
      while (!entries.empty() && entries.back().ticket > kept) entries.pop_back();
    }
    for (auto& [scope, changelog] : changelogs_) {
      auto& entries = changelog.entries;
      while (!entries.empty() && entries.back().ticket > kept) entries.pop_back();
    }
    committed_ = durable_ = kept;
    owners_.clear();
    next_failures_.clear();
    for (auto& [id, process] : processes_) {
      process->services.clear();
      process->gained.clear();
      process->lost.clear();
    }
  }

  void SetFaults(Faults faults) {
    MutexLock lock(mu_);
    options_.faults = faults;
  }

  void FailNextCommit(bool written) {
    MutexLock lock(mu_);
    next_failures_.push_back(written);
  }

  void LoseRecord(TopicPartition tp, uint64_t offset) {
    MutexLock lock(mu_);
    SimTopic& topic = topics_[tp];
    topic.entries.at(offset - topic.first).kind = SimTopic::Kind::kLost;
  }

 private:
  uint64_t Unsynced() const { return committed_ - durable_; }

  void LeaveGap(TopicPartition tp) {
    if (!gaps_.Chance(options_.gaps)) return;
    for (uint64_t n = 1 + gaps_.Below(3); n > 0; --n) {
      topics_[tp].entries.push_back({committed_, {}, SimTopic::Kind::kGap});
    }
  }

  bool SyncSome() {
    if (Unsynced() == 0) return false;
    durable_ += 1 + rng_.Below(Unsynced());
    return true;
  }

  bool MaybeStep() {
    return options_.faults.lagging_sync && rng_.Chance(options_.faults.sync_chance) && SyncSome();
  }

  // The fence: a part is its owner's, and the next of its scope or the last one again.
  CommitResult Write(int id, const Cycle& cycle) {
    CommitResult result;
    std::vector<const ScopeCycle*> fresh;
    for (const ScopeCycle& part : cycle) {
      const auto owner = owners_.find(part.scope);
      const SimChangelog& changelog = changelogs_[part.scope];
      if (owner == owners_.end() || owner->second != id) {
        result.lost.push_back(part.scope);
      } else if (part.seal.cycle == changelog.last_cycle() + 1) {
        fresh.push_back(&part);
      } else if (part.seal.cycle == changelog.last_cycle() && part.seal.cycle > 0 &&
                 Fingerprint(part) == changelog.entries.back().fingerprint) {
        result.ticket = std::max(result.ticket, changelog.entries.back().ticket);
      } else {
        result.lost.push_back(part.scope);
      }
    }
    if (fresh.empty()) return result;
    result.ticket = ++committed_;
    for (const ScopeCycle* part : fresh) {
      for (const Emit& emit : part->emits) {
        topics_[emit.to].entries.push_back({committed_, emit.record});
      }
      changelogs_[part->scope].entries.push_back(
          {committed_, Fingerprint(*part), part->seal, part->changes});
    }
    return result;
  }

  void WakeAll() {
    std::vector<std::shared_ptr<Process>> processes;
    {
      MutexLock lock(mu_);
      for (const auto& [id, process] : processes_) processes.push_back(process);
    }
    for (const auto& process : processes) process->wakeup.Call();
  }

  mutable Mutex mu_;
  Options options_;
  Rng rng_;
  Rng gaps_;
  int last_id_ = 0;
  std::map<int, std::shared_ptr<Process>> processes_;
  std::map<Scope, int> owners_;
  std::map<TopicPartition, SimTopic> topics_;
  std::map<Scope, SimChangelog> changelogs_;
  std::deque<bool> next_failures_;
  uint64_t committed_ = 0;
  uint64_t durable_ = 0;
};

SimLog::SimLog() : SimLog(Options{}) {}
SimLog::SimLog(Options options) : core_(std::make_shared<Core>(options)), id_(core_->Join()) {}
SimLog::SimLog(std::shared_ptr<Core> core, int id) : core_(std::move(core)), id_(id) {}
SimLog::~SimLog() { core_->Leave(id_); }

uint32_t SimLog::partitions() const { return core_->partitions(); }
absl::StatusOr<uint64_t> SimLog::Append(TopicPartition to, std::vector<Record> records) {
  return core_->Append(to, std::move(records));
}
absl::StatusOr<Ownership> SimLog::Own(Service service) { return core_->Own(id_, service); }
absl::StatusOr<Seal> SimLog::Replay(Scope scope, uint64_t after_cycle, const ReplayFn& fn) {
  return core_->Replay(scope, after_cycle, fn);
}
absl::StatusOr<uint64_t> SimLog::Read(TopicPartition tp, uint64_t from, size_t max_records,
                                      size_t max_bytes, std::vector<StoredRecord>* out) {
  return core_->Read(tp, from, max_records, max_bytes, out);
}
uint64_t SimLog::EndOffset(TopicPartition tp) const { return core_->EndOffset(tp); }
uint64_t SimLog::FirstOffset(TopicPartition tp) const { return core_->FirstOffset(tp); }
absl::StatusOr<CommitResult> SimLog::Commit(const Cycle& cycle) {
  return core_->Commit(id_, cycle);
}
uint64_t SimLog::DurableTicket() const { return core_->DurableTicket(); }
void SimLog::SetWakeup(std::function<void()> fn) { core_->SetWakeup(id_, std::move(fn)); }
absl::Status SimLog::TrimTopic(TopicPartition tp, uint64_t offset) {
  core_->TrimTopic(tp, offset);
  return absl::OkStatus();
}
absl::Status SimLog::TrimChangelog(Scope scope, uint64_t cycle) {
  core_->TrimChangelog(scope, cycle);
  return absl::OkStatus();
}

std::unique_ptr<SimLog> SimLog::NewInstance() {
  return std::unique_ptr<SimLog>(new SimLog(core_, core_->Join()));
}
void SimLog::Revoke(Scope scope) { core_->GiveTo(scope, kNobody); }
void SimLog::TransferTo(Scope scope, SimLog& to) { core_->GiveTo(scope, to.id_); }
uint64_t SimLog::CommittedTicket() const { return core_->CommittedTicket(); }
void SimLog::SyncUpTo(uint64_t ticket) { core_->SyncUpTo(ticket); }
bool SimLog::Step() { return core_->Step(); }
void SimLog::CrashLosingUnsynced(bool keep_nothing) { core_->Crash(keep_nothing); }
void SimLog::SetFaults(Faults faults) { core_->SetFaults(faults); }
void SimLog::FailNextCommit(bool written) { core_->FailNextCommit(written); }
void SimLog::LoseRecord(TopicPartition tp, uint64_t offset) { core_->LoseRecord(tp, offset); }

}  // namespace dangol
