#include "services/dangold/verify_cluster.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace dangol {
namespace {

using kafka::ClusterImage;
using kafka::Replayed;

// What others write to ingest may be anything: profile sets aside what it cannot read.
bool IsEvent(Topic topic, const std::string& bytes) {
  if (topic == Topic::kIngest) return true;
  using namespace google::protobuf;  // NOLINT: descriptors
  const Descriptor* const type =
      DescriptorPool::generated_pool()->FindMessageTypeByName(std::string(MessageTypeOf(topic)));
  if (type == nullptr) return false;
  const std::unique_ptr<Message> event(
      MessageFactory::generated_factory()->GetPrototype(type)->New());
  return event->ParseFromString(bytes);
}

void CheckTopic(ClusterImage& image, TopicPartition tp, Check* check) {
  const uint64_t first = image.FirstOffset(tp);
  if (RetentionOf(tp.topic) == Retention::kForever && first > 0) {
    check->Found(absl::StrCat(ToString(tp), ": is kept for ever, but begins at offset ", first));
  }
  const absl::Status read = ForEachStored(image, tp, [&](const StoredRecord& stored) {
    ++check->looked_at;
    if (IsEvent(tp.topic, stored.record.value)) return;
    check->Found(absl::StrCat(ToString(tp), ": record ", stored.offset, " is unreadable"));
  });
  if (!read.ok()) check->Found(absl::StrCat(ToString(tp), ": ", read.message()));
}

Check CheckTopics(ClusterImage& image) {
  Check check{"every topic is there and every event readable", 0, "records", {}, 0};
  for (int t = 0; t < kTopics; ++t) {
    for (uint32_t p = 0; p < image.partitions(); ++p) {
      CheckTopic(image, {static_cast<Topic>(t), static_cast<Partition>(p)}, &check);
    }
  }
  return check;
}

// Seals as they follow each other; compaction removes some.
class SealCheck {
 public:
  SealCheck(ClusterImage& image, Scope scope, Check* check)
      : image_(image), scope_(scope), check_(*check) {}

  void Take(const Seal& seal) {
    ++check_.looked_at;
    if (seal.cycle <= last_.cycle) Found(seal, absl::StrCat("follows cycle ", last_.cycle));
    if (seal.now < last_.now) Found(seal, "its time goes back");
    last_ = seal;
  }

  void Finish(const Replayed& replayed) {
    const ClusterImage::Committed committed = image_.CommittedOf(scope_);
    const uint64_t cycle = replayed.last.cycle;
    if (replayed.unsealed > 0) {
      Found(last_, absl::StrCat("is followed by ", replayed.unsealed, " changes without a seal"));
    }
    if (cycle < committed.before.cycle) {
      Found(last_, absl::StrCat("is the last of the changelog, but cycle ", committed.before.cycle,
                                " was committed"));
    }
    if (cycle > committed.after.cycle) {
      Found(last_, absl::StrCat("is beyond what the group says was committed: cycle ",
                                committed.after.cycle));
    }
    if (cycle > 0 && cycle == committed.after.cycle &&
        replayed.fingerprint != committed.after.fingerprint) {
      Found(last_, "is not the cycle that was committed: its fingerprint differs");
    }
    for (const auto& [topic, next] : last_.next_offsets) CheckInput(topic, next);
  }

 private:
  void CheckInput(Topic topic, uint64_t next) {
    const TopicPartition tp{topic, scope_.partition};
    if (next > image_.EndOffset(tp)) {
      Found(last_, absl::StrCat("has read ", ToString(tp), " to ", next, ", which ends at ",
                                image_.EndOffset(tp)));
    }
    if (next < image_.FirstOffset(tp)) {
      Found(last_, absl::StrCat("has read ", ToString(tp), " to ", next, ", which begins at ",
                                image_.FirstOffset(tp)));
    }
  }
  void Found(const Seal& seal, absl::string_view what) {
    check_.Found(absl::StrCat(ToString(scope_), ", cycle ", seal.cycle, ": ", what));
  }

  ClusterImage& image_;
  const Scope scope_;
  Check& check_;
  Seal last_;
};

Check CheckChangelogs(ClusterImage& image) {
  Check check{
      "changelogs have their ids and end with what was committed; what seals say was read is "
      "there",
      0,
      "seals",
      {},
      0};
  ForEachScope(image, [&](Scope scope) {
    const absl::StatusOr<std::string> id = image.ChangelogId(scope);
    if (!id.ok()) check.Found(absl::StrCat(ToString(scope), ": ", id.status().message()));
    SealCheck seals(image, scope, &check);
    const absl::StatusOr<Replayed> replayed = image.ReadScope(
        scope, [&](const std::vector<Change>&, const Seal& seal) { seals.Take(seal); });
    if (replayed.ok()) seals.Finish(*replayed);
    if (!replayed.ok()) {
      check.Found(absl::StrCat(ToString(scope), ": ", replayed.status().message()));
    }
  });
  return check;
}

}  // namespace

std::vector<Check> VerifyTopics(ClusterImage& image) {
  kafka::NoCheckpoints none;
  return {CheckTopics(image), CheckChangelogs(image), CheckEffects({image, none})};
}

}  // namespace dangol
