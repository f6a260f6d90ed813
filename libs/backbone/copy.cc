#include "libs/backbone/copy.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "libs/backbone/state.h"
#include "libs/base/status.h"

namespace dangol {
namespace {

constexpr size_t kChunkRecords = 4096;
constexpr size_t kChunkBytes = 4 << 20;

// The scopes of one partition, with all that they read.
class PartitionCopy {
 public:
  PartitionCopy(Log& from, CopyTarget* to, Partition partition, CopyCounts* counts)
      : from_(from), to_(*to), partition_(partition), counts_(*counts) {}

  absl::Status Load(CheckpointStore& checkpoints) {
    for (int s = 0; s < kServices; ++s) {
      const Scope scope{static_cast<Service>(s), partition_};
      DANGOL_ASSIGN_OR_RETURN(auto state, State::Acquire(scope, from_, checkpoints, {}));
      // What it would read is not known, so it may be anything.
      all_ = all_ || state->seal().cycle == 0;
      scopes_.push_back({scope, std::move(state), {}});
      scopes_.back().seal = scopes_.back().state->seal();
    }
    return absl::OkStatus();
  }

  absl::Status CopyTopic(Topic topic) {
    const TopicPartition tp{topic, partition_};
    std::map<uint64_t, uint64_t> before;  // by offset in `from`: how many are copied before it
    for (const Copied& scope : scopes_) {
      const auto next = scope.state->seal().next_offsets.find(topic);
      if (next != scope.state->seal().next_offsets.end()) before[next->second] = 0;
    }
    uint64_t next = Beginning(tp, before);
    for (const uint64_t end = from_.EndOffset(tp); next < end;) {
      std::vector<StoredRecord> stored;
      DANGOL_ASSIGN_OR_RETURN(next, from_.Read(tp, next, kChunkRecords, kChunkBytes, &stored));
      DANGOL_RETURN_IF_ERROR(Append(tp, std::move(stored), &before));
    }
    for (Copied& scope : scopes_) {
      const auto it = scope.seal.next_offsets.find(topic);
      if (it != scope.seal.next_offsets.end()) it->second = before.at(it->second);
    }
    return absl::OkStatus();
  }

  absl::Status PutScopes() {
    for (Copied& scope : scopes_) {
      if (scope.seal.cycle == 0) continue;
      ++scope.seal.cycle;
      Checkpoint::Part part{scope.scope, std::move(scope.seal), {}};
      for (int t = 0; t < kTables; ++t) {
        const auto table = static_cast<Table>(t);
        scope.state->Scan(table, "", [&](absl::string_view key, absl::string_view value) {
          part.changes.push_back({table, std::string(key), std::string(value)});
          return true;
        });
      }
      DANGOL_RETURN_IF_ERROR(scope.state->status());
      ++counts_.scopes;
      counts_.values += part.changes.size();
      scope.state = nullptr;
      DANGOL_RETURN_IF_ERROR(to_.Put(std::move(part)));
    }
    return absl::OkStatus();
  }

 private:
  struct Copied {
    Scope scope;
    std::unique_ptr<State> state;
    Seal seal;
  };

  uint64_t Beginning(TopicPartition tp, const std::map<uint64_t, uint64_t>& readers) const {
    const uint64_t first = from_.FirstOffset(tp);
    const bool kept = RetentionOf(tp.topic) == Retention::kForever || tp.topic == Topic::kDead;
    if (kept || all_) return first;
    return readers.empty() ? from_.EndOffset(tp) : std::max(first, readers.begin()->first);
  }

  absl::Status Append(TopicPartition tp, std::vector<StoredRecord> stored,
                      std::map<uint64_t, uint64_t>* before) {
    if (stored.empty()) return absl::OkStatus();
    std::vector<Record> records;
    records.reserve(stored.size());
    for (StoredRecord& one : stored) {
      // Readers that go on behind this one.
      for (auto it = before->upper_bound(one.offset); it != before->end(); ++it) ++it->second;
      records.push_back(std::move(one.record));
    }
    counts_.records += records.size();
    return to_.Append(tp, std::move(records));
  }

  Log& from_;
  CopyTarget& to_;
  const Partition partition_;
  CopyCounts& counts_;
  std::vector<Copied> scopes_;
  bool all_ = false;
};

}  // namespace

absl::StatusOr<CopyCounts> CopyLog(Log& from, CheckpointStore& checkpoints, CopyTarget* to) {
  CopyCounts counts;
  for (uint32_t p = 0; p < from.partitions(); ++p) {
    PartitionCopy copy(from, to, static_cast<Partition>(p), &counts);
    DANGOL_RETURN_IF_ERROR(copy.Load(checkpoints));
    for (int t = 0; t < kTopics; ++t) {
      DANGOL_RETURN_IF_ERROR(copy.CopyTopic(static_cast<Topic>(t)));
    }
    DANGOL_RETURN_IF_ERROR(copy.PutScopes());
  }
  return counts;
}

}  // namespace dangol
