#include "libs/backbone/kafka/lease.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/backbone/kafka/farewell.h"
#include "libs/base/clock.h"
#include "libs/base/files.h"
#include "libs/base/status.h"

namespace dangol::kafka {
namespace {

constexpr int kPollMs = 20;
constexpr char kEpochMark = '/';  // "fingerprint" or "fingerprint/epoch"

std::set<Partition> PartitionsOf(const rd_kafka_topic_partition_list_t& list) {
  std::set<Partition> partitions;
  for (int i = 0; i < list.cnt; ++i) {
    partitions.insert(static_cast<Partition>(list.elems[i].partition));
  }
  return partitions;
}

Position ReadPosition(const rd_kafka_topic_partition_t& from) {
  Position position;
  if (from.offset <= 0) return position;
  position.cycle = static_cast<uint64_t>(from.offset);
  const absl::string_view text(static_cast<const char*>(from.metadata), from.metadata_size);
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits(kEpochMark, 1));
  if (!absl::SimpleAtoi(parts.first, &position.fingerprint)) position.fingerprint = 0;
  if (!absl::SimpleAtoi(parts.second, &position.epoch)) position.epoch = 0;
  return position;
}

// The member id; "": none, and without it or a generation the broker would take the commit of
// anybody. librdkafka 2.0 shows them only in the bytes that it writes: a mark, the generation, the
// group, the member.
std::string MemberOf(const rd_kafka_consumer_group_metadata_t& metadata) {
  constexpr absl::string_view kMark = "CGMDv2:";
  void* bytes = nullptr;
  size_t size = 0;
  const Error failed(rd_kafka_consumer_group_metadata_write(&metadata, &bytes, &size));
  if (failed != nullptr) return "";
  absl::string_view text(static_cast<const char*>(bytes), size);
  std::string member;
  int32_t generation = -1;
  if (text.substr(0, kMark.size()) == kMark && size > kMark.size() + sizeof generation) {
    std::memcpy(&generation, text.data() + kMark.size(), sizeof generation);
    text.remove_prefix(kMark.size() + sizeof generation);
    text.remove_prefix(std::min(text.size(), std::strlen(text.data()) + 1));  // the group
    if (generation >= 0) member = std::string(text.substr(0, text.find('\0')));
  }
  rd_kafka_mem_free(nullptr, bytes);
  return member;
}

}  // namespace

void WritePosition(const Position& position, rd_kafka_topic_partition_t* to) {
  to->offset = static_cast<int64_t>(position.cycle);
  std::string text = absl::StrCat(position.fingerprint);
  if (position.epoch > 0) absl::StrAppend(&text, std::string(1, kEpochMark), position.epoch);
  to->metadata = std::malloc(text.size());  // the list frees it
  std::memcpy(to->metadata, text.data(), text.size());
  to->metadata_size = text.size();
}

absl::StatusOr<std::map<Partition, Position>> PositionsOf(rd_kafka_t* client,
                                                          const std::string& lease_topic,
                                                          const std::vector<Partition>& partitions,
                                                          Micros patience) {
  std::map<Partition, Position> positions;
  if (partitions.empty()) return positions;
  const PartitionList list = MakeList(lease_topic, partitions);
  const auto error = rd_kafka_committed(client, list.get(), Millis(patience));
  if (error) return Failure(absl::StrCat("reading the positions of ", lease_topic), error);
  for (int i = 0; i < list->cnt; ++i) {
    if (list->elems[i].err) {
      return Failure(absl::StrCat("reading the positions of ", lease_topic), list->elems[i].err);
    }
    positions[static_cast<Partition>(list->elems[i].partition)] = ReadPosition(list->elems[i]);
  }
  return positions;
}

Lease::Lease(const Settings& settings, Service service)
    : settings_(settings),
      service_(service),
      topic_(LeaseTopicOf(settings, service)),
      note_(settings.directory.empty()
                ? ""
                : absl::StrCat(settings.directory, "/member.", ServiceName(service))) {}

absl::StatusOr<std::unique_ptr<Lease>> Lease::Join(const Settings& settings, Service service) {
  std::unique_ptr<Lease> lease(new Lease(settings, service));
  DANGOL_RETURN_IF_ERROR(lease->Start());
  lease->AwaitNewer(0, settings.patience_us);
  if (lease->snapshot().version == 0) {
    return absl::UnavailableError(
        absl::StrCat("group ", GroupOf(settings, service), ": no assignment came"));
  }
  return lease;
}

void Lease::LeaveForTheOneBefore() const {
  std::ifstream file(note_);
  std::string member;
  if (!std::getline(file, member) || member.empty()) return;
  // Where that is not to be had, the wait is for the end of its session.
  LeaveFor(member, GroupOf(settings_, service_), settings_).IgnoreError();
}

void Lease::NoteMember(const std::string& member) {
  if (note_.empty() || member == noted_) return;
  // Not noted is as it would be without: the wait is for the end of the session.
  ReplaceFile("data_dir", note_, member + "\n").IgnoreError();
  noted_ = member;
}

absl::Status Lease::Start() {
  LeaveForTheOneBefore();
  const int session_ms = Millis(settings_.session_timeout_us);
  DANGOL_ASSIGN_OR_RETURN(
      client_,
      Connect(RD_KAFKA_CONSUMER, settings_,
              {{"group.id", GroupOf(settings_, service_)},
               {"partition.assignment.strategy", "cooperative-sticky"},
               {"enable.auto.commit", "false"},
               {"isolation.level", "read_committed"},  // Positions waits for open transactions
               {"session.timeout.ms", absl::StrCat(session_ms)},
               {"heartbeat.interval.ms", absl::StrCat(std::max(session_ms / 4, 50))},
               {"max.poll.interval.ms", absl::StrCat(std::max(session_ms, 1000))}},
              {.opaque = this, .rebalance = &Lease::OnRebalance}));
  rd_kafka_poll_set_consumer(client_.get());
  PartitionList topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), topic_.c_str(), RD_KAFKA_PARTITION_UA);
  if (const auto error = rd_kafka_subscribe(client_.get(), topics.get())) {
    return Failure("joining the group", error);
  }
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

Lease::~Lease() {
  if (thread_.joinable()) {
    {
      MutexLock lock(mu_);
      stopping_ = true;
      changed_.notify_all();
    }
    thread_.join();
  }
  if (client_ == nullptr) return;
  if (standing_still_) {
    rd_kafka_destroy_flags(client_.release(), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  } else {
    if (asked_back_ != nullptr) GiveBack(asked_back_);  // closing would wait for it
    rd_kafka_consumer_close(client_.get());             // calls OnRebalance
    NoteMember("");
  }
}

void Lease::Run() {
  for (;;) {
    PartitionList back;
    {
      MutexLock lock(mu_);
      changed_.wait(lock, [this] { return stopping_ || !standing_still_; });
      if (stopping_) return;
      back = Acknowledged();
    }
    if (back != nullptr) GiveBack(back);
    // The topic is paused: what comes is rebalances, handled inside, and errors that pass.
    const Message news(rd_kafka_consumer_poll(client_.get(), kPollMs));
    // Of an end that comes while partitions are asked back, librdkafka tells nothing else.
    if (news != nullptr && news->err == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED) {
      MutexLock lock(mu_);
      Drop(std::set<Partition>(now_.owned));
    }
  }
}

void Lease::OnRebalance(rd_kafka_t* client, rd_kafka_resp_err_t kind,
                        rd_kafka_topic_partition_list_t* partitions, void* self) {
  auto* lease = static_cast<Lease*>(self);
  if (kind == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) return lease->Assign(partitions);
  PartitionList copy(rd_kafka_topic_partition_list_copy(partitions));
  bool stopping = false;
  {
    MutexLock lock(lease->mu_);
    stopping = lease->stopping_;
    if (!stopping) {
      // Until its loss is acknowledged, a partition that is asked back is ours; one of a membership
      // that ended is not, and the broker refuses what is still committed for it.
      const std::set<Partition> back = PartitionsOf(*partitions);
      if (rd_kafka_assignment_lost(lease->client_.get())) lease->Drop(back);
      lease->lost_.insert(back.begin(), back.end());
      lease->asked_back_ = std::move(copy);
      lease->return_ = Return::kToReport;
    }
  }
  // The group is in its next generation already. Commits of what is still ours, which the caller
  // finishes before it acknowledges, would be refused under the one before.
  if (!stopping) return lease->Applied();
  const Error failed(rd_kafka_incremental_unassign(client, copy.get()));
}

void Lease::Assign(rd_kafka_topic_partition_list_t* partitions) {
  for (int i = 0; i < partitions->cnt; ++i) partitions->elems[i].offset = RD_KAFKA_OFFSET_END;
  const Error failed(rd_kafka_incremental_assign(client_.get(), partitions));
  rd_kafka_pause_partitions(client_.get(), partitions);
  if (failed == nullptr) {
    MutexLock lock(mu_);
    for (Partition p : PartitionsOf(*partitions)) {
      now_.owned.insert(p);
      gained_.insert(p);
    }
  }
  Applied();
}

void Lease::GiveBack(const PartitionList& partitions) {
  const Error failed(rd_kafka_incremental_unassign(client_.get(), partitions.get()));
  {
    MutexLock lock(mu_);
    for (Partition p : PartitionsOf(*partitions)) now_.owned.erase(p);
  }
  Applied();
}

void Lease::Applied() {
  {
    // On its way out the client answers no question about the group, and an assignment may come.
    MutexLock lock(mu_);
    if (stopping_) return;
  }
  GroupMetadata metadata;
  if (auto* made = rd_kafka_consumer_group_metadata(client_.get())) metadata = {made, Destroy()};
  const std::string member = metadata == nullptr ? "" : MemberOf(*metadata);
  if (member.empty()) metadata = nullptr;
  if (!member.empty()) NoteMember(member);
  MutexLock lock(mu_);
  now_.metadata = std::move(metadata);
  ++now_.version;
  changed_.notify_all();
}

// They are not ours any more, whatever librdkafka says later.
void Lease::Drop(const std::set<Partition>& partitions) {
  for (Partition p : partitions) now_.owned.erase(p);
  lost_.insert(partitions.begin(), partitions.end());
  ++now_.version;
  changed_.notify_all();
}

void Lease::Refused(uint64_t version, bool ended, Micros patience) {
  {
    MutexLock lock(mu_);
    if (ended && now_.version == version) Drop(std::set<Partition>(now_.owned));
  }
  AwaitNewer(version, patience);
}

PartitionList Lease::Acknowledged() {
  if (return_ != Return::kAcknowledged) return nullptr;
  return_ = Return::kNone;
  return std::move(asked_back_);
}

Ownership Lease::Poll() {
  MutexLock lock(mu_);
  if (return_ == Return::kReported) return_ = Return::kAcknowledged;
  Ownership change;
  for (Partition p : lost_) {
    // Gained and lost since the last call: nobody knew.
    if (gained_.erase(p) == 0) change.lost.push_back({service_, p});
    now_.owned.erase(p);
  }
  for (Partition p : gained_) change.gained.push_back({service_, p});
  lost_.clear();
  gained_.clear();
  if (return_ == Return::kToReport) {
    return_ = change.lost.empty() ? Return::kAcknowledged : Return::kReported;
  }
  return change;
}

Lease::Snapshot Lease::snapshot() const {
  MutexLock lock(mu_);
  return now_;
}

void Lease::AwaitNewer(uint64_t version, Micros patience) const {
  MutexLock lock(mu_);
  changed_.wait_for(lock, std::chrono::microseconds(patience),
                    [&] { return now_.version > version || stopping_; });
}

absl::StatusOr<std::map<Partition, Position>> Lease::Positions(
    const std::vector<Partition>& partitions) {
  return PositionsOf(client_.get(), topic_, partitions, settings_.patience_us);
}

void Lease::StandStill(bool still) {
  MutexLock lock(mu_);
  standing_still_ = still;
  changed_.notify_all();
}

}  // namespace dangol::kafka
