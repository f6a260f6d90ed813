#include "libs/backbone/embedded/log_index.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/backbone/embedded/codec.h"
#include "libs/base/status.h"

namespace dangol::embedded {

absl::StatusOr<LogIndex> LogIndex::Load(Database& database) {
  LogIndex index(database.partitions());
  for (uint32_t p = 0; p < database.partitions(); ++p) {
    const auto partition = static_cast<Partition>(p);
    for (int t = 0; t < kTopics; ++t) {
      DANGOL_RETURN_IF_ERROR(index.LoadTopic(database, {static_cast<Topic>(t), partition}));
    }
    for (int s = 0; s < kServices; ++s) {
      DANGOL_RETURN_IF_ERROR(index.LoadScope(database, {static_cast<Service>(s), partition}));
    }
  }
  DANGOL_ASSIGN_OR_RETURN(const std::optional<std::string> number,
                          database.Get(Family::kMeta, kWriteNumberKey));
  const uint64_t expected = number ? DecodeKey(*number) : 0;
  if (index.last_write_ != expected) {
    return absl::DataLossError(absl::StrCat(
        database.dir(), ": the last write here is number ", index.last_write_, ", not ", expected,
        ": a file is missing; restore a backup, or see `dangol recover`"));
  }
  if (const uint64_t durable = database.mark().Read(); durable > index.last_write_) {
    return absl::DataLossError(absl::StrCat(
        database.dir(), ": the log ends at write ", index.last_write_, ", but ", durable,
        " had been acknowledged: its end is damaged; restore a backup, or see `dangol recover`"));
  }
  return index;
}

absl::Status LogIndex::LoadTopic(Database& database, TopicPartition tp) {
  TopicEnds& ends = topic(tp);
  DANGOL_ASSIGN_OR_RETURN(const std::optional<std::string> first,
                          database.Get(Family::kMeta, FirstOffsetKey(tp)));
  if (first) ends.first = DecodeKey(*first);
  DANGOL_ASSIGN_OR_RETURN(
      const std::optional<Database::Row> last,
      database.LastUpTo(FamilyOf(tp.topic), TopicKey(tp, UINT64_MAX), TopicPrefix(tp)));
  if (!last) return absl::OkStatus();
  DANGOL_ASSIGN_OR_RETURN(const Frame frame, PeekFrame(last->value));
  ends.end = KeyNumber(last->key) + frame.tag;
  last_write_ = std::max(last_write_, frame.write_number);
  return absl::OkStatus();
}

absl::Status LogIndex::LoadScope(Database& database, Scope which) {
  DANGOL_ASSIGN_OR_RETURN(
      const std::optional<Database::Row> last,
      database.LastUpTo(Family::kChangelog, ChangelogKey(which, UINT64_MAX), ScopePrefix(which)));
  if (!last) return absl::OkStatus();
  DANGOL_ASSIGN_OR_RETURN(const Frame frame, PeekFrame(last->value));
  scope(which) = {KeyNumber(last->key), frame.tag, frame.write_number};
  last_write_ = std::max(last_write_, frame.write_number);
  return absl::OkStatus();
}

}  // namespace dangol::embedded
