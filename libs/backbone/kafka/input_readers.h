// What this process reads of topics: each place where somebody reads on has its own fetching.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/backbone/kafka/client.h"
#include "libs/backbone/kafka/partition_reader.h"
#include "libs/backbone/log.h"
#include "libs/base/mutex.h"

namespace dangol::kafka {

// Thread-safe. librdkafka fetches a partition once for a client: services of one process that read
// the same partition at different places get clients of their own.
class InputReaders {
 public:
  // `arrived` is called, from any thread, when something came near.
  InputReaders(const Settings& settings, std::function<void()> arrived);

  // As Log::Read and LookAhead. Read waits for what comes first, or the end, where nobody has
  // looked ahead before. UNAVAILABLE: neither came in time.
  absl::StatusOr<uint64_t> Read(TopicPartition tp, uint64_t from, size_t max_records,
                                size_t max_bytes, std::vector<StoredRecord>* out);
  Log::Ahead LookAhead(TopicPartition tp, uint64_t from);
  // Stops to fetch where nobody has read on for a while: the partition is another process's now.
  void Prune();

 private:
  struct Input {
    size_t client = 0;
    std::unique_ptr<PartitionReader> reader;
    uint64_t next = 0;
    absl::Status lost;  // why it cannot go on
    Micros used = 0;
    bool followed = false;    // somebody looks ahead here; otherwise it goes where Read wants it
    uint64_t Behind() const;  // what has arrived
  };
  struct Readers {
    Mutex mu;
    std::vector<Input> inputs;
  };
  std::shared_ptr<Readers> ReadersOf(TopicPartition tp);
  // The input that goes on at `from`, or one that begins there now.
  absl::StatusOr<Input*> InputAt(TopicPartition tp, uint64_t from, bool follow, Readers* readers);
  absl::StatusOr<Input> MakeInput(TopicPartition tp, const Readers& readers);
  absl::StatusOr<rd_kafka_t*> ClientOf(size_t index);

  const Settings settings_;
  const std::function<void()> arrived_;
  Mutex mu_;
  std::vector<Client> clients_;  // before what reads with them
  std::map<TopicPartition, std::shared_ptr<Readers>> readers_;
};

}  // namespace dangol::kafka
