// Reads one partition of one topic, in order, committed records only.
#pragma once

#include <deque>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "libs/backbone/kafka/client.h"

namespace dangol::kafka {

// A consumer that readers share.
absl::StatusOr<Client> ConnectReader(const Settings& settings, bool committed_only);

// The offsets that a partition has now: of the oldest record, and after the last that `client`
// may read.
struct Range {
  int64_t first = 0;
  int64_t end = 0;
};
absl::StatusOr<Range> RangeOf(rd_kafka_t* client, const std::string& topic, Partition partition,
                              Micros patience);

// Not thread-safe. `client` outlives it.
class PartitionReader {
 public:
  // `arrived` is called, from any thread, when there is something to Fill.
  PartitionReader(rd_kafka_t* client, const std::string& topic, Partition partition,
                  std::function<void()> arrived);
  ~PartitionReader();

  // Reads from `offset` on; what was buffered is dropped.
  absl::Status Start(int64_t offset);
  bool started() const { return queue_ != nullptr; }
  // Takes what has arrived; with nothing there, waits up to `wait` for a record or the end.
  // OUT_OF_RANGE: the broker no longer has the offset.
  absl::Status Fill(Micros wait);
  std::deque<Message>& buffered() { return buffered_; }
  // The end that was reached; -1: what came last was a record.
  int64_t reached_end() const { return reached_end_; }
  // The partition's end as of the last fetch, records of open transactions included; 0: not known.
  uint64_t known_end() const;

 private:
  void Stop();
  static void Arrived(rd_kafka_t*, void* self);
  absl::Status Take(Message message);

  rd_kafka_t* const client_;
  const TopicHandle topic_;
  const int32_t partition_;
  const std::function<void()> arrived_;
  Queue queue_;
  std::deque<Message> buffered_;
  int64_t reached_end_ = -1;
};

}  // namespace dangol::kafka
