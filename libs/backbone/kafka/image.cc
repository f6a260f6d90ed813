#include "libs/backbone/kafka/image.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/backbone/kafka/message_codec.h"
#include "libs/backbone/kafka/topic_admin.h"
#include "libs/base/clock.h"
#include "libs/base/parallel.h"
#include "libs/base/status.h"

namespace dangol::kafka {
namespace {

constexpr size_t kAsksAtOnce = 8;
constexpr absl::Duration kPause = absl::Milliseconds(20);
// Workers that were told to stand still may be in a commit, which takes as long at most.
constexpr Micros kRestPatience = 15 * kMicrosPerSecond;

std::vector<std::string> Changelogs(const Settings& settings) {
  std::vector<std::string> names;
  for (int s = 0; s < kServices; ++s) {
    names.push_back(ChangelogOf(settings, static_cast<Service>(s)));
  }
  return names;
}

std::vector<std::string> EventTopics(const Settings& settings) {
  std::vector<std::string> names;
  for (int t = 0; t < kTopics; ++t) names.push_back(NameOf(settings, static_cast<Topic>(t)));
  return names;
}

absl::Status ReadOnly() {
  return absl::FailedPreconditionError("an image of a cluster cannot be written");
}

}  // namespace

ClusterImage::~ClusterImage() { reader_ = nullptr; }

absl::StatusOr<std::unique_ptr<ClusterImage>> ClusterImage::Open(const Settings& settings,
                                                                 Cut cut) {
  std::unique_ptr<ClusterImage> image(new ClusterImage(settings));
  DANGOL_ASSIGN_OR_RETURN(image->partitions_, CheckTopics(settings));
  Settings careful = settings;
  careful.client.insert({"check.crcs", "true"});
  DANGOL_ASSIGN_OR_RETURN(image->committed_, ConnectReader(careful, /*committed_only=*/true));
  DANGOL_ASSIGN_OR_RETURN(image->uncommitted_, ConnectReader(careful, /*committed_only=*/false));
  DANGOL_RETURN_IF_ERROR(image->Note(cut));
  return image;
}

absl::Status ClusterImage::Note(Cut cut) {
  DANGOL_ASSIGN_OR_RETURN(before_, AllPositions());
  const std::vector<std::string> changelogs = Changelogs(settings_);
  const auto same = [](const Range& a, const Range& b) { return a.end == b.end; };
  const Micros give_up = SteadyMicros() + kRestPatience;
  DANGOL_ASSIGN_OR_RETURN(Ranges first, Look(changelogs));
  for (bool still = false; !still;) {
    DANGOL_ASSIGN_OR_RETURN(ranges_, Look(EventTopics(settings_)));
    if (cut == Cut::kLoose) break;
    DANGOL_ASSIGN_OR_RETURN(Ranges second, Look(changelogs));
    still = std::equal(first.begin(), first.end(), second.begin(), [&](auto& a, auto& b) {
      return std::equal(a.second.begin(), a.second.end(), b.second.begin(), same);
    });
    first = std::move(second);
    if (!still && SteadyMicros() > give_up) {
      return Precondition("NOT_AT_REST",
                          "the services work: their changelogs grow while they are looked at");
    }
  }
  ranges_.merge(first);
  DANGOL_ASSIGN_OR_RETURN(after_, AllPositions());
  return absl::OkStatus();
}

absl::StatusOr<ClusterImage::Ranges> ClusterImage::Look(const std::vector<std::string>& topics) {
  Ranges ranges;
  for (const std::string& topic : topics) ranges[topic].resize(partitions_);
  Mutex mu;
  absl::Status failed;
  ParallelFor(topics.size() * partitions_, kAsksAtOnce, [&](size_t i) {
    const auto partition = static_cast<Partition>(i % partitions_);
    const std::string& topic = topics[i / partitions_];
    const absl::StatusOr<Range> range = Decided(topic, partition);
    MutexLock lock(mu);
    failed.Update(range.status());
    if (range.ok()) ranges[topic][partition] = *range;
  });
  if (!failed.ok()) return failed;
  return ranges;
}

// All that was written when it was asked, once it is decided what of it is committed.
absl::StatusOr<Range> ClusterImage::Decided(const std::string& topic, Partition partition) {
  DANGOL_ASSIGN_OR_RETURN(const Range all,
                          RangeOf(uncommitted_.get(), topic, partition, settings_.patience_us));
  const Micros give_up = SteadyMicros() + settings_.patience_us;
  for (;;) {
    DANGOL_ASSIGN_OR_RETURN(const Range decided,
                            RangeOf(committed_.get(), topic, partition, settings_.patience_us));
    if (decided.end >= all.end) return decided;
    if (SteadyMicros() > give_up) {
      return absl::UnavailableError(absl::StrCat(
          topic, "/", partition, ": a transaction at offset ", decided.end,
          " does not end; if nobody runs who could end it, abort it by kafka-transactions.sh"));
    }
    absl::SleepFor(kPause);
  }
}

absl::StatusOr<ClusterImage::Positions> ClusterImage::AllPositions() {
  std::vector<Partition> all;
  for (uint32_t p = 0; p < partitions_; ++p) all.push_back(static_cast<Partition>(p));
  Positions positions;
  for (int s = 0; s < kServices; ++s) {
    const auto service = static_cast<Service>(s);
    DANGOL_ASSIGN_OR_RETURN(const Client client, ConnectGroup(settings_, service));
    DANGOL_ASSIGN_OR_RETURN(
        positions[service],
        PositionsOf(client.get(), LeaseTopicOf(settings_, service), all, settings_.patience_us));
  }
  return positions;
}

ClusterImage::Committed ClusterImage::CommittedOf(Scope scope) const {
  return {before_.at(scope.service).at(scope.partition),
          after_.at(scope.service).at(scope.partition)};
}

Range ClusterImage::ChangelogRange(Scope scope) const {
  return ranges_.at(ChangelogOf(settings_, scope.service))[scope.partition];
}

absl::StatusOr<Replayed> ClusterImage::ReadScope(Scope scope, const ReplayFn& fn) {
  PartitionReader reader(committed_.get(), ChangelogOf(settings_, scope.service), scope.partition,
                         nullptr);
  return ReadChangelog(&reader, ChangelogRange(scope), Beyond::kLeave, /*after_cycle=*/0,
                       settings_.patience_us, fn);
}

absl::StatusOr<std::string> ClusterImage::ChangelogId(Scope scope) {
  return ReadChangelogId(uncommitted_.get(), ChangelogOf(settings_, scope.service), scope.partition,
                         settings_.patience_us);
}

absl::StatusOr<Client> ConnectGroup(const Settings& settings, Service service) {
  return Connect(RD_KAFKA_CONSUMER, settings,
                 {{"group.id", GroupOf(settings, service)},
                  {"enable.auto.commit", "false"},
                  {"isolation.level", "read_committed"}});  // positions wait for open transactions
}

absl::StatusOr<int> MembersOf(const Settings& settings, Service service) {
  DANGOL_ASSIGN_OR_RETURN(const Client client, ConnectReader(settings, /*committed_only=*/true));
  const rd_kafka_group_list* list = nullptr;
  const std::string group = GroupOf(settings, service);
  const auto error =
      rd_kafka_list_groups(client.get(), group.c_str(), &list, Millis(settings.patience_us));
  if (error) return Failure(absl::StrCat("asking for the members of ", group), error);
  int members = 0;
  for (int i = 0; i < list->group_cnt; ++i) members += list->groups[i].member_cnt;
  rd_kafka_group_list_destroy(list);
  return members;
}

uint64_t ClusterImage::EndOffset(TopicPartition tp) const {
  return static_cast<uint64_t>(ranges_.at(NameOf(settings_, tp.topic))[tp.partition].end);
}

uint64_t ClusterImage::FirstOffset(TopicPartition tp) const {
  return static_cast<uint64_t>(ranges_.at(NameOf(settings_, tp.topic))[tp.partition].first);
}

absl::StatusOr<PartitionReader*> ClusterImage::ReaderAt(TopicPartition tp, uint64_t from) {
  if (reader_ != nullptr && reading_ == tp && next_ == from) return reader_.get();
  reader_ = nullptr;  // one reader of a partition at a time
  reader_ = std::make_unique<PartitionReader>(committed_.get(), NameOf(settings_, tp.topic),
                                              tp.partition, nullptr);
  reading_ = tp;
  next_ = from;
  const absl::Status started = reader_->Start(static_cast<int64_t>(from));
  if (started.ok()) return reader_.get();
  reader_ = nullptr;
  return started;
}

absl::StatusOr<uint64_t> ClusterImage::Read(TopicPartition tp, uint64_t from, size_t max_records,
                                            size_t max_bytes, std::vector<StoredRecord>* out) {
  const uint64_t end = EndOffset(tp);
  if (from >= end) return from;
  MutexLock lock(mu_);
  DANGOL_ASSIGN_OR_RETURN(PartitionReader* const reader, ReaderAt(tp, from));
  const absl::Status filled = reader->Fill(settings_.patience_us);
  if (absl::IsOutOfRange(filled) && RetentionOf(tp.topic) == Retention::kDays) {
    reader_ = nullptr;
    DANGOL_ASSIGN_OR_RETURN(const Range now, RangeOf(committed_.get(), NameOf(settings_, tp.topic),
                                                     tp.partition, settings_.patience_us));
    if (now.first > static_cast<int64_t>(from)) return std::min<uint64_t>(now.first, end);
  }
  if (!filled.ok()) reader_ = nullptr;
  DANGOL_RETURN_IF_ERROR(filled);
  auto& buffered = reader->buffered();
  if (buffered.empty() && reader->reached_end() < static_cast<int64_t>(end)) {
    reader_ = nullptr;
    return absl::UnavailableError(
        absl::StrCat(ToString(tp), ": the cluster gives nothing from offset ", from, " on"));
  }
  size_t bytes = 0;
  for (size_t n = 0; n < std::max<size_t>(max_records, 1) && !buffered.empty(); ++n) {
    const rd_kafka_message_t& message = *buffered.front();
    bytes += message.len + message.key_len;
    if (static_cast<uint64_t>(message.offset) >= end || (n > 0 && bytes > max_bytes)) break;
    out->push_back(ToRecord(message));
    next_ = out->back().offset + 1;
    buffered.pop_front();
  }
  if (buffered.empty() && reader->reached_end() < 0) return next_;
  next_ = std::min<uint64_t>(end, buffered.empty() ? end : buffered.front()->offset);
  return next_;
}

absl::StatusOr<Seal> ClusterImage::Replay(Scope scope, uint64_t after_cycle, const ReplayFn& fn) {
  if (after_cycle > 0) return absl::InvalidArgumentError("an image is read from its beginning");
  DANGOL_ASSIGN_OR_RETURN(Replayed replayed, ReadScope(scope, fn));
  return std::move(replayed.last);
}

absl::StatusOr<uint64_t> ClusterImage::Append(TopicPartition, std::vector<Record>) {
  return ReadOnly();
}
absl::StatusOr<Ownership> ClusterImage::Own(Service) { return ReadOnly(); }
absl::StatusOr<CommitResult> ClusterImage::Commit(const Cycle&) { return ReadOnly(); }
absl::Status ClusterImage::TrimTopic(TopicPartition, uint64_t) { return ReadOnly(); }
absl::Status ClusterImage::TrimChangelog(Scope, uint64_t) { return ReadOnly(); }

absl::Status NoCheckpoints::Ingest(Checkpoint) { return ReadOnly(); }

}  // namespace dangol::kafka
