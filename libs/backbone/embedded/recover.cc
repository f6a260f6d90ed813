#include "libs/backbone/embedded/recover.h"

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/backbone/embedded/checkpoints.h"
#include "libs/backbone/embedded/codec.h"
#include "libs/backbone/embedded/database.h"
#include "libs/base/status.h"

namespace dangol {
namespace {

using namespace embedded;  // NOLINT: this file is one of the embedded log's

struct Gap {
  uint64_t from = 0;
  uint64_t to = 0;
};

class Recoverer {
 public:
  explicit Recoverer(std::unique_ptr<Database> database)
      : database_(std::move(database)), checkpoints_(*database_) {}

  absl::StatusOr<Recovery> Run();

 private:
  using RowFn = std::function<void(absl::string_view key, absl::string_view value)>;
  absl::Status ForEachRow(Family family, const std::string& prefix, const RowFn& fn);
  absl::Status LookAtTopic(TopicPartition tp);
  absl::Status LookAtScope(Scope scope);
  absl::Status Fold(Scope scope, const std::map<uint64_t, ChangelogEntry>& entries, Seal seal);
  Seal MovedPastLosses(Scope scope, Seal seal);
  void Write(Scope scope, Seal seal);
  absl::Status Finish();
  void Lost(std::string where, std::string what) {
    recovery_.losses.push_back({std::move(where), std::move(what)});
  }

  const std::unique_ptr<Database> database_;
  Checkpoints checkpoints_;
  Recovery recovery_;
  std::map<TopicPartition, uint64_t> ends_;
  std::map<TopicPartition, std::vector<Gap>> gaps_;
  uint64_t last_write_ = 0;
  rocksdb::WriteBatch batch_;
};

absl::Status Recoverer::ForEachRow(Family family, const std::string& prefix, const RowFn& fn) {
  return database_->Do("reading", [&](rocksdb::DB& db) {
    const std::unique_ptr<rocksdb::Iterator> it(
        db.NewIterator(rocksdb::ReadOptions(), database_->family(family)));
    for (it->Seek(prefix); it->Valid(); it->Next()) {
      const absl::string_view key(it->key().data(), it->key().size());
      if (!absl::StartsWith(key, prefix)) break;
      const rocksdb::Slice value = it->value();
      fn(key, {value.data(), value.size()});
    }
    return it->status();
  });
}

absl::Status Recoverer::LookAtTopic(TopicPartition tp) {
  DANGOL_ASSIGN_OR_RETURN(const std::optional<std::string> first,
                          database_->Get(Family::kMeta, FirstOffsetKey(tp)));
  std::optional<uint64_t> next;
  DANGOL_RETURN_IF_ERROR(ForEachRow(
      FamilyOf(tp.topic), TopicPrefix(tp), [&](absl::string_view key, absl::string_view value) {
        const absl::StatusOr<Frame> frame = UnpackFrame(value);
        const bool good = frame.ok() && DecodeRecords(frame->body).ok();
        if (!good) {
          batch_.Delete(database_->family(FamilyOf(tp.topic)), {key.data(), key.size()});
          Lost(ToString(tp), absl::StrCat("an unreadable batch, of records from ", KeyNumber(key)));
          return;
        }
        const uint64_t base = KeyNumber(key);
        const uint64_t expected = next.value_or(first ? std::min(DecodeKey(*first), base) : 0);
        if (base > expected) gaps_[tp].push_back({expected, base});
        next = base + frame->tag;
        last_write_ = std::max(last_write_, frame->write_number);
      }));
  ends_[tp] = next.value_or(first ? DecodeKey(*first) : 0);
  for (const Gap& gap : gaps_[tp]) {
    Lost(ToString(tp), absl::StrCat("records ", gap.from, " to ", gap.to - 1));
  }
  return absl::OkStatus();
}

// What the seal says was read, without what is no longer there, and with what never will be.
Seal Recoverer::MovedPastLosses(Scope scope, Seal seal) {
  for (auto& [topic, next] : seal.next_offsets) {
    const TopicPartition tp{topic, scope.partition};
    if (next > ends_[tp]) {
      Lost(ToString(scope), absl::StrCat("had handled ", next - ends_[tp], " records of ",
                                         ToString(tp), " that are gone"));
      next = ends_[tp];
    }
    for (const Gap& gap : gaps_[tp]) {
      if (next < gap.from) {
        Lost(ToString(scope), absl::StrCat("will halt at record ", gap.from, " of ", ToString(tp),
                                           ": recover again then"));
        break;
      }
      if (next < gap.to) next = gap.to;
    }
  }
  return seal;
}

void Recoverer::Write(Scope scope, Seal seal) {
  const auto packed = PackFrame(/*fingerprint=*/0, EncodeChangelog(seal, {}));
  std::string bytes = packed.value();
  StampFrame(++last_write_, &bytes);
  batch_.Put(database_->family(Family::kChangelog), ChangelogKey(scope, seal.cycle), bytes);
}

// All that can be read becomes the checkpoint: values are whole, so a missing cycle leaves some
// keys as they were before it, and no others.
absl::Status Recoverer::Fold(Scope scope, const std::map<uint64_t, ChangelogEntry>& entries,
                             Seal seal) {
  std::map<std::pair<Table, std::string>, std::optional<std::string>> values;
  for (const auto& [cycle, entry] : entries) {
    for (const Change& change : entry.changes) values[{change.table, change.key}] = change.value;
  }
  Checkpoint checkpoint;
  checkpoint.parts.push_back({scope, std::move(seal), {}});
  for (auto& [key, value] : values) {
    checkpoint.parts.front().changes.push_back({key.first, key.second, std::move(value)});
  }
  return checkpoints_.Ingest(std::move(checkpoint));
}

absl::Status Recoverer::LookAtScope(Scope scope) {
  DANGOL_ASSIGN_OR_RETURN(const std::optional<Seal> cut, checkpoints_.SealOf(scope));
  const uint64_t covered = cut ? cut->cycle : 0;
  std::map<uint64_t, ChangelogEntry> after;
  uint64_t end = 0;
  DANGOL_RETURN_IF_ERROR(ForEachRow(
      Family::kChangelog, ScopePrefix(scope), [&](absl::string_view key, absl::string_view value) {
        const absl::StatusOr<Frame> frame = UnpackFrame(value);
        absl::StatusOr<ChangelogEntry> entry = absl::DataLossError("damaged");
        if (frame.ok()) entry = DecodeChangelog(frame->body);
        if (!entry.ok()) {
          batch_.Delete(database_->family(Family::kChangelog), {key.data(), key.size()});
          if (KeyNumber(key) > covered) return;
        } else {
          last_write_ = std::max(last_write_, frame->write_number);
          end = KeyNumber(key);
          if (end > covered) after[end] = *std::move(entry);
        }
      }));
  if (!cut && after.empty()) return absl::OkStatus();
  Seal seal = after.empty() ? *cut : after.rbegin()->second.seal;
  const bool behind = end < covered;
  const uint64_t missing = seal.cycle - covered - after.size();
  if (behind) {
    Lost(ToString(scope), absl::StrCat("cycles ", end + 1, " to ", covered,
                                       " of the log: the state has them, their emits may be gone"));
    recovery_.ahead.push_back(scope);
  }
  if (missing > 0) {
    Lost(ToString(scope), absl::StrCat(missing, " cycles between ", covered, " and ", seal.cycle,
                                       ": what they changed and emitted"));
    DANGOL_RETURN_IF_ERROR(Fold(scope, after, seal));
  }
  Seal moved = MovedPastLosses(scope, seal);
  if (!behind && missing == 0 && moved == seal) return absl::OkStatus();
  if (moved != seal || missing > 0) ++moved.cycle;
  if (behind && moved.cycle == covered) return Write(scope, std::move(moved)), absl::OkStatus();
  // The changelog must reach back to the checkpoint without a hole.
  if (behind) Write(scope, seal);
  Write(scope, std::move(moved));
  return absl::OkStatus();
}

absl::Status Recoverer::Finish() {
  DurableMark& mark = database_->mark();
  if (mark.Read() > last_write_) {
    Lost("the log", absl::StrCat("writes ", last_write_ + 1, " to ", mark.Read(),
                                 ", which had been acknowledged"));
  }
  if (recovery_.losses.empty()) return absl::OkStatus();
  batch_.Put(database_->family(Family::kMeta), kWriteNumberKey, EncodeKey(last_write_));
  DANGOL_RETURN_IF_ERROR(database_->Write("writing what is left", &batch_));
  DANGOL_RETURN_IF_ERROR(database_->Sync());
  mark.Write(last_write_);
  return absl::OkStatus();
}

absl::StatusOr<Recovery> Recoverer::Run() {
  for (uint32_t p = 0; p < database_->partitions(); ++p) {
    const auto partition = static_cast<Partition>(p);
    for (int t = 0; t < kTopics; ++t) {
      DANGOL_RETURN_IF_ERROR(LookAtTopic({static_cast<Topic>(t), partition}));
    }
  }
  DANGOL_ASSIGN_OR_RETURN(const std::optional<std::string> written,
                          database_->Get(Family::kMeta, kWriteNumberKey));
  for (uint32_t p = 0; p < database_->partitions(); ++p) {
    for (int s = 0; s < kServices; ++s) {
      DANGOL_RETURN_IF_ERROR(LookAtScope({static_cast<Service>(s), static_cast<Partition>(p)}));
    }
  }
  if (written && DecodeKey(*written) > last_write_) {
    Lost("the log", absl::StrCat("writes after number ", last_write_, " up to ",
                                 DecodeKey(*written), ", which a missing file held"));
  }
  DANGOL_RETURN_IF_ERROR(Finish());
  return std::move(recovery_);
}

}  // namespace

absl::StatusOr<Recovery> RecoverLog(const std::string& dir, const EmbeddedLog::Options& options) {
  DANGOL_ASSIGN_OR_RETURN(std::unique_ptr<Database> database, Database::Open(dir, options));
  return Recoverer(std::move(database)).Run();
}

}  // namespace dangol
