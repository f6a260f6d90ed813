#include "libs/backbone/kafka/partition_reader.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"

namespace dangol::kafka {
namespace {

constexpr size_t kMostBuffered = 4096;
constexpr size_t kTakenAtOnce = 512;
constexpr int kRetryMs = 50;
constexpr Micros kFirstWait = kMicrosPerSecond, kLongestWait = 4 * kMicrosPerSecond;

// A query for offsets asks the leader that the client knows of, gone or not, and learns of no other
// by being refused: librdkafka's own look at the topic comes every five minutes.
void LearnLeaders(rd_kafka_t* client, const std::string& topic, Micros patience) {
  const TopicHandle handle(rd_kafka_topic_new(client, topic.c_str(), nullptr));
  const rd_kafka_metadata_t* learned = nullptr;
  if (rd_kafka_metadata(client, /*all_topics=*/0, handle.get(), &learned, Millis(patience)) ==
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    rd_kafka_metadata_destroy(learned);
  }
}

// The offset at `which`, RD_KAFKA_OFFSET_BEGINNING or _END, within `patience`: a query for both
// (rd_kafka_query_watermark_offsets) has no end while the leader is gone.
rd_kafka_resp_err_t OffsetAt(rd_kafka_t* client, const std::string& topic, Partition partition,
                             int64_t which, Micros patience, int64_t* offset) {
  const PartitionList list = MakeList(topic, {partition});
  list->elems[0].offset = which;
  const auto error = rd_kafka_offsets_for_times(client, list.get(), Millis(patience));
  if (error) return error;
  *offset = list->elems[0].offset;
  return list->elems[0].err;
}

}  // namespace

absl::StatusOr<Client> ConnectReader(const Settings& settings, bool committed_only) {
  // A lost position is an error, never a jump.
  return Connect(RD_KAFKA_CONSUMER, settings,
                 {{"group.id", absl::StrCat(settings.prefix, ".reader.", settings.instance)},
                  {"enable.auto.commit", "false"},
                  {"auto.offset.reset", "error"},
                  {"enable.partition.eof", "true"},
                  {"isolation.level", committed_only ? "read_committed" : "read_uncommitted"},
                  {"queued.max.messages.kbytes", "4096"},
                  {"fetch.wait.max.ms", "100"},
                  {"fetch.error.backoff.ms", "50"}});
}

absl::StatusOr<Range> RangeOf(rd_kafka_t* client, const std::string& topic, Partition partition,
                              Micros patience) {
  Range range;
  const Micros until = SteadyMicros() + patience;
  for (Micros wait = std::min(kFirstWait, patience);; wait = std::min(2 * wait, kLongestWait)) {
    auto error = OffsetAt(client, topic, partition, RD_KAFKA_OFFSET_BEGINNING, wait, &range.first);
    if (!error) error = OffsetAt(client, topic, partition, RD_KAFKA_OFFSET_END, wait, &range.end);
    if (!error) return range;
    if (SteadyMicros() > until) {
      return Failure(absl::StrCat("the offsets of ", topic, "/", partition), error);
    }
    absl::SleepFor(absl::Milliseconds(kRetryMs));  // its leader is about to change
    LearnLeaders(client, topic, wait);
  }
}

PartitionReader::PartitionReader(rd_kafka_t* client, const std::string& topic, Partition partition,
                                 std::function<void()> arrived)
    : client_(client),
      topic_(rd_kafka_topic_new(client, topic.c_str(), nullptr)),
      partition_(static_cast<int32_t>(partition)),
      arrived_(std::move(arrived)) {}

PartitionReader::~PartitionReader() { Stop(); }

void PartitionReader::Stop() {
  if (queue_ == nullptr) return;
  rd_kafka_queue_cb_event_enable(queue_.get(), nullptr, nullptr);
  rd_kafka_consume_stop(topic_.get(), partition_);
  buffered_.clear();
  queue_ = nullptr;
}

uint64_t PartitionReader::known_end() const {
  int64_t first = 0, end = 0;
  const auto error = rd_kafka_get_watermark_offsets(client_, rd_kafka_topic_name(topic_.get()),
                                                    partition_, &first, &end);
  return error || end < 0 ? 0 : static_cast<uint64_t>(end);
}

void PartitionReader::Arrived(rd_kafka_t*, void* self) {
  static_cast<PartitionReader*>(self)->arrived_();
}

absl::Status PartitionReader::Start(int64_t offset) {
  Stop();
  reached_end_ = -1;
  queue_.reset(rd_kafka_queue_new(client_));
  if (rd_kafka_consume_start_queue(topic_.get(), partition_, offset, queue_.get()) != 0) {
    queue_ = nullptr;
    return Failure(absl::StrCat("reading ", rd_kafka_topic_name(topic_.get())),
                   rd_kafka_last_error());
  }
  if (arrived_) rd_kafka_queue_cb_event_enable(queue_.get(), &PartitionReader::Arrived, this);
  return absl::OkStatus();
}

absl::Status PartitionReader::Take(Message message) {
  switch (message->err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      reached_end_ = -1;
      buffered_.push_back(std::move(message));
      return absl::OkStatus();
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
      reached_end_ = message->offset;
      return absl::OkStatus();
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      return absl::OutOfRangeError(absl::StrCat(rd_kafka_topic_name(topic_.get()), "/", partition_,
                                                ": ", rd_kafka_message_errstr(message.get())));
    default:
      return absl::OkStatus();  // librdkafka tries again by itself
  }
}

absl::Status PartitionReader::Fill(Micros wait) {
  if (buffered_.empty() && reached_end_ < 0 && wait > 0) {
    // A batch would be waited for until it is full.
    Message first(rd_kafka_consume_queue(queue_.get(), Millis(wait)));
    if (first != nullptr) DANGOL_RETURN_IF_ERROR(Take(std::move(first)));
  }
  rd_kafka_message_t* taken[kTakenAtOnce];
  while (buffered_.size() < kMostBuffered) {
    const ssize_t count = rd_kafka_consume_batch_queue(queue_.get(), 0, taken, kTakenAtOnce);
    absl::Status status;
    for (ssize_t i = 0; i < count; ++i) status.Update(Take(Message(taken[i])));
    if (!status.ok()) return status;
    if (count < static_cast<ssize_t>(kTakenAtOnce)) break;
  }
  return absl::OkStatus();
}

}  // namespace dangol::kafka
