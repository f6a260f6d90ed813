#include "libs/backbone/kafka/changelog.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/backbone/kafka/message_codec.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"

namespace dangol::kafka {
namespace {

constexpr Micros kLook = 100 * kMicrosPerMilli;

class Replayer {
 public:
  Replayer(uint64_t after_cycle, const Log::ReplayFn& fn) : after_(after_cycle), fn_(fn) {}

  absl::Status Take(const rd_kafka_message_t& message) {
    ++replayed_.records;
    if (IsChangelogId(message)) return absl::OkStatus();
    if (!IsSeal(message)) {
      DANGOL_ASSIGN_OR_RETURN(Change change, ToChange(message));
      changes_.push_back(std::move(change));
      return absl::OkStatus();
    }
    DANGOL_ASSIGN_OR_RETURN(
        SealRecord record,
        DecodeSealRecord({static_cast<const char*>(message.payload), message.len}));
    replayed_.last = std::move(record.seal);
    replayed_.last_offset = static_cast<uint64_t>(message.offset);
    replayed_.fingerprint = record.fingerprint;
    if (replayed_.last.cycle > after_) fn_(changes_, replayed_.last);
    changes_.clear();
    return absl::OkStatus();
  }
  Replayed Finish() {
    replayed_.unsealed = changes_.size();
    return std::move(replayed_);
  }

 private:
  const uint64_t after_;
  const Log::ReplayFn& fn_;
  std::vector<Change> changes_;  // since the last seal
  Replayed replayed_;
};

bool EndsAt(const Replayed& replayed, const Position& position) {
  return replayed.unsealed == 0 && replayed.last.cycle == position.cycle &&
         (position.cycle == 0 || replayed.fingerprint == position.fingerprint);
}

}  // namespace

absl::StatusOr<Replayed> ReadChangelog(PartitionReader* reader, const Range& all, Beyond beyond,
                                       uint64_t after_cycle, Micros patience,
                                       const Log::ReplayFn& fn) {
  Replayer replayer(after_cycle, fn);
  DANGOL_RETURN_IF_ERROR(reader->Start(all.first));
  Micros until = SteadyMicros() + patience;
  while (reader->reached_end() < all.end) {
    DANGOL_RETURN_IF_ERROR(reader->Fill(kLook));
    if (!reader->buffered().empty()) until = SteadyMicros() + patience;
    for (; !reader->buffered().empty(); reader->buffered().pop_front()) {
      const rd_kafka_message_t& message = *reader->buffered().front();
      if (beyond == Beyond::kLeave && message.offset >= all.end) return replayer.Finish();
      DANGOL_RETURN_IF_ERROR(replayer.Take(message));
    }
    if (SteadyMicros() > until) {
      return absl::UnavailableError(
          "changelog: a transaction of the owner before is still open; try again");
    }
  }
  return replayer.Finish();
}

absl::StatusOr<Replayed> ReplayChangelog(PartitionReader* reader, const Range& all,
                                         const Position& position, uint64_t after_cycle,
                                         Micros patience, const Log::ReplayFn& fn) {
  if (position.cycle < after_cycle) {
    return absl::DataLossError(absl::StrCat("the state is of cycle ", after_cycle,
                                            ", but the log has committed only ", position.cycle));
  }
  DANGOL_ASSIGN_OR_RETURN(Replayed replayed,
                          ReadChangelog(reader, all, Beyond::kRead, after_cycle, patience, fn));
  if (!EndsAt(replayed, position)) {
    return absl::DataLossError(absl::StrCat("changelog: does not end with the seal of cycle ",
                                            position.cycle, ", but after cycle ",
                                            replayed.last.cycle));
  }
  return replayed;
}

absl::StatusOr<std::string> ReadChangelogId(rd_kafka_t* client, const std::string& topic,
                                            Partition partition, Micros patience) {
  DANGOL_ASSIGN_OR_RETURN(const Range range, RangeOf(client, topic, partition, patience));
  PartitionReader reader(client, topic, partition, nullptr);
  DANGOL_RETURN_IF_ERROR(reader.Start(range.first));
  DANGOL_RETURN_IF_ERROR(reader.Fill(patience));
  if (reader.buffered().empty() && reader.reached_end() < 0) {
    return absl::UnavailableError(absl::StrCat(topic, "/", partition, ": no answer"));
  }
  if (reader.buffered().empty() || !IsChangelogId(*reader.buffered().front())) {
    return Precondition("CHANGELOG_ID", absl::StrCat(topic, "/", partition,
                                                     " does not begin with an id; apply the "
                                                     "topics first"));
  }
  const rd_kafka_message_t& first = *reader.buffered().front();
  return std::string(static_cast<const char*>(first.payload), first.len);
}

}  // namespace dangol::kafka
