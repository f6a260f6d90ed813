// Verification of the log and of state as bytes.
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/stream/effect_ledger.h"
#include "services/dangold/verify.h"

namespace dangol {
namespace {

constexpr uint64_t kFindingsKept = 100;
constexpr size_t kChunkRecords = 4096;
constexpr size_t kChunkBytes = 4 << 20;

void CheckTopic(EmbeddedLog& log, TopicPartition tp, Check* check) {
  uint64_t next = log.FirstOffset(tp);
  const absl::Status read = ForEachStored(log, tp, [&](const StoredRecord& record) {
    if (record.offset != next) {
      check->Found(absl::StrCat(ToString(tp), ": offset ", next, " is missing"));
    }
    next = record.offset + 1;
    ++check->looked_at;
  });
  if (!read.ok()) check->Found(absl::StrCat(ToString(tp), ": ", read.message()));
}

Check CheckOffsets(EmbeddedLog& log) {
  Check check{"every offset of every topic is there and readable", 0, "records", {}, 0};
  for (int t = 0; t < kTopics; ++t) {
    for (uint32_t p = 0; p < log.partitions(); ++p) {
      CheckTopic(log, {static_cast<Topic>(t), static_cast<Partition>(p)}, &check);
    }
  }
  return check;
}

// Replays what is kept of a scope's changelog.
absl::Status ReplayKept(EmbeddedLog& log, Scope scope, const Log::ReplayFn& fn) {
  const absl::StatusOr<uint64_t> first = log.FirstCycle(scope);
  if (!first.ok()) return first.status();
  if (*first == 0) return absl::OkStatus();
  return log.Replay(scope, *first - 1, fn).status();
}

void CheckNext(EmbeddedLog& log, Scope scope, const Seal& last, const Seal& seal, Check* check) {
  const std::string where = absl::StrCat(ToString(scope), ", cycle ", seal.cycle, ": ");
  if (last.cycle != 0 && seal.cycle != last.cycle + 1) {
    check->Found(absl::StrCat(where, "follows cycle ", last.cycle));
  }
  if (seal.now < last.now) check->Found(where + "its time goes back");
  for (const auto& [topic, next] : seal.next_offsets) {
    const TopicPartition tp{topic, scope.partition};
    const auto before = last.next_offsets.find(topic);
    if (before != last.next_offsets.end() && next < before->second) {
      check->Found(absl::StrCat(where, "reads ", ToString(tp), " again from ", next));
    }
    if (next > log.EndOffset(tp)) {
      check->Found(absl::StrCat(where, "has read ", ToString(tp), " to ", next, ", which ends at ",
                                log.EndOffset(tp)));
    }
  }
}

Check CheckSeals(EmbeddedLog& log) {
  Check check{"seals are contiguous; time and offsets never go back", 0, "cycles", {}, 0};
  ForEachScope(log, [&](Scope scope) {
    Seal last;
    const absl::Status replayed =
        ReplayKept(log, scope, [&](const std::vector<Change>&, const Seal& seal) {
          CheckNext(log, scope, last, seal, &check);
          last = seal;
          ++check.looked_at;
        });
    if (!replayed.ok()) check.Found(absl::StrCat(ToString(scope), ": ", replayed.message()));
    for (const auto& [topic, next] : last.next_offsets) {
      const TopicPartition tp{topic, scope.partition};
      if (next < log.FirstOffset(tp)) {
        check.Found(
            absl::StrCat(ToString(scope), ": ", ToString(tp), " was trimmed before it read"));
      }
    }
  });
  return check;
}

using Values = std::map<std::pair<Table, std::string>, std::optional<std::string>>;

void CompareWithReplay(const Values& values, LoadedScope& loaded, Check* check) {
  const std::string where = ToString(loaded.scope());
  for (const auto& [key, value] : values) {
    const std::string* found = loaded.Get(key.first, key.second);
    const bool equal = value ? found != nullptr && *found == *value : found == nullptr;
    if (!equal) {
      check->Found(absl::StrCat(where, ": table ", static_cast<int>(key.first),
                                " differs from the changelog at key of ", key.second.size(),
                                " bytes"));
    }
    ++check->looked_at;
  }
}

Check CheckState(EmbeddedLog& log) {
  Check check{
      "checkpoint and changelog give the state that the changelog replays", 0, "values", {}, 0};
  ForEachScope(log, [&](Scope scope) {
    auto loaded = LoadedScope::Load(scope, log);
    if (!loaded.ok()) return check.Found(std::string(loaded.status().message()));
    Values values;
    const absl::Status replayed =
        ReplayKept(log, scope, [&](const std::vector<Change>& changes, const Seal&) {
          for (const Change& change : changes) values[{change.table, change.key}] = change.value;
        });
    if (!replayed.ok()) return check.Found(absl::StrCat(ToString(scope), ": ", replayed.message()));
    CompareWithReplay(values, **loaded, &check);
    if (!(*loaded)->state().status().ok()) {
      check.Found(absl::StrCat(ToString(scope), ": ", (*loaded)->state().status().message()));
    }
  });
  return check;
}

}  // namespace

void Check::Found(std::string what) {
  ++found;
  if (findings.size() < kFindingsKept) findings.push_back(std::move(what));
}

absl::Status ForEachStored(Log& log, TopicPartition tp,
                           const std::function<void(const StoredRecord&)>& fn) {
  const uint64_t end = log.EndOffset(tp);
  for (uint64_t next = log.FirstOffset(tp); next < end;) {
    std::vector<StoredRecord> records;
    DANGOL_ASSIGN_OR_RETURN(next, log.Read(tp, next, kChunkRecords, kChunkBytes, &records));
    for (const StoredRecord& record : records) fn(record);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<LoadedScope>> LoadedScope::Load(Scope scope, Kept kept) {
  auto state = State::Acquire(scope, kept.log, kept.checkpoints, {});
  if (!state.ok()) return state.status();
  return std::unique_ptr<LoadedScope>(
      new LoadedScope(scope, kept.log.partitions(), *std::move(state)));
}

Check CheckEffects(Kept kept) {
  Check check{"every row of the send ledger is legal", 0, "rows", {}, 0};
  ForEachScope(kept.log, [&](Scope scope) {
    auto loaded = LoadedScope::Load(scope, kept);
    if (!loaded.ok()) return;  // said above
    (*loaded)->Scan(Table::kEffect, "", [&](absl::string_view id, absl::string_view value) {
      ++check.looked_at;
      if (id.empty() || !IsEffectRow(value))
        check.Found(absl::StrCat(ToString(scope), ": effect ", id));
      return true;
    });
  });
  return check;
}

std::vector<Check> VerifyLog(EmbeddedLog& log) {
  return {CheckOffsets(log), CheckSeals(log), CheckState(log), CheckEffects(log)};
}

}  // namespace dangol
