#include "libs/backbone/kafka/image.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/backbone/kafka/message_codec.h"
#include "libs/backbone/kafka/topic_admin.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"

namespace dangol::kafka {
namespace {

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

absl::StatusOr<std::unique_ptr<ClusterImage>> ClusterImage::Open(const Settings& settings, Cut cut,
                                                                 const Around& around) {
  std::unique_ptr<ClusterImage> image(new ClusterImage(settings));
  DANGOL_ASSIGN_OR_RETURN(image->partitions_, CheckTopics(settings));
  Settings careful = settings;
  careful.client.insert({"check.crcs", "true"});
  DANGOL_ASSIGN_OR_RETURN(image->committed_, ConnectReader(careful, /*committed_only=*/true));
  DANGOL_ASSIGN_OR_RETURN(image->uncommitted_, ConnectReader(careful, /*committed_only=*/false));
  DANGOL_RETURN_IF_ERROR(image->Note(cut, around));
  return image;
}

absl::Status ClusterImage::Note(Cut cut, const Around& around) {
  DANGOL_ASSIGN_OR_RETURN(before_, AllPositions());
  const auto note = [&] { return NoteEnds(cut); };
  DANGOL_RETURN_IF_ERROR(around ? around(note) : note());
  DANGOL_ASSIGN_OR_RETURN(after_, AllPositions());
  return absl::OkStatus();
}

absl::Status ClusterImage::NoteEnds(Cut cut) {
  const std::vector<std::string> changelogs = Changelogs(settings_);
  const std::vector<std::string> topics = EventTopics(settings_);
  const Micros give_up = SteadyMicros() + kRestPatience;
  DANGOL_ASSIGN_OR_RETURN(Offsets states, DecidedEnds(changelogs));
  Offsets events;
  for (bool still = false; !still;) {
    DANGOL_ASSIGN_OR_RETURN(events, DecidedEnds(topics));
    if (cut == Cut::kLoose) break;
    DANGOL_ASSIGN_OR_RETURN(Offsets again, DecidedEnds(changelogs));
    still = again == states;
    states = std::move(again);
    if (!still && SteadyMicros() > give_up) {
      return Precondition("NOT_AT_REST",
                          "the services work: their changelogs grow while they are looked at");
    }
  }
  DANGOL_RETURN_IF_ERROR(Keep(changelogs, states));
  return Keep(topics, events);
}

absl::StatusOr<ClusterImage::Offsets> ClusterImage::Ask(rd_kafka_t* client,
                                                        const std::vector<std::string>& topics,
                                                        int64_t where) const {
  PartitionList list(rd_kafka_topic_partition_list_new(0));
  for (const std::string& topic : topics) {
    for (uint32_t p = 0; p < partitions_; ++p) {
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), static_cast<int>(p))->offset =
          where;  // a "time" that the broker knows as the end or the beginning
    }
  }
  Offsets offsets;
  const Micros give_up = SteadyMicros() + settings_.patience_us;
  for (auto error = RD_KAFKA_RESP_ERR_NO_ERROR;; absl::SleepFor(kPause)) {
    const PartitionList asked(rd_kafka_topic_partition_list_copy(list.get()));
    error = rd_kafka_offsets_for_times(client, asked.get(), Millis(settings_.patience_us));
    offsets.clear();
    for (int i = 0; i < asked->cnt && !error; ++i) {
      error = asked->elems[i].err;
      offsets.push_back(asked->elems[i].offset);
    }
    if (!error) return offsets;
    if (SteadyMicros() > give_up) return Failure("asking where topics end", error);
  }
}

// All that was written when it was asked, once it is decided what of it is committed.
absl::StatusOr<ClusterImage::Offsets> ClusterImage::DecidedEnds(
    const std::vector<std::string>& topics) const {
  DANGOL_ASSIGN_OR_RETURN(const Offsets all, Ask(uncommitted_.get(), topics, RD_KAFKA_OFFSET_END));
  const Micros give_up = SteadyMicros() + settings_.patience_us;
  for (;; absl::SleepFor(kPause)) {
    DANGOL_ASSIGN_OR_RETURN(Offsets decided, Ask(committed_.get(), topics, RD_KAFKA_OFFSET_END));
    const auto [open, end] =
        std::mismatch(decided.begin(), decided.end(), all.begin(), std::greater_equal<>());
    if (open == decided.end()) return decided;
    if (SteadyMicros() < give_up) continue;
    const auto i = static_cast<size_t>(open - decided.begin());
    return absl::UnavailableError(absl::StrCat(
        topics[i / partitions_], "/", i % partitions_, ": a transaction at offset ", *open,
        " does not end; if nobody runs who could end it, abort it by kafka-transactions.sh"));
  }
}

absl::Status ClusterImage::Keep(const std::vector<std::string>& topics, const Offsets& ends) {
  DANGOL_ASSIGN_OR_RETURN(const Offsets firsts,
                          Ask(committed_.get(), topics, RD_KAFKA_OFFSET_BEGINNING));
  for (size_t i = 0; i < ends.size(); ++i) {
    ranges_[topics[i / partitions_]].push_back({firsts[i], ends[i]});
  }
  return absl::OkStatus();
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
    out->push_back(ToRecord(tp.topic, message));
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
