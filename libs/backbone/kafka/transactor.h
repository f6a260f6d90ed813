// One transactional producer: a cycle is one of its transactions.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "libs/backbone/kafka/client.h"
#include "libs/backbone/kafka/lease.h"
#include "libs/backbone/kafka/message_codec.h"

namespace dangol::kafka {

// From where on an input is read next.
struct Progress {
  const std::string* topic = nullptr;
  Partition partition = 0;
  uint64_t next = 0;
};

// What one transaction holds: messages, and the positions of its scopes under their groups' fences.
struct Batch {
  struct Fenced {
    Service service;
    GroupMetadata metadata;
    std::map<Partition, Position> positions;
    std::vector<Progress> progress;  // for Kafka's own tools to tell the lag; nothing reads it here
  };
  // A message that has a `tag` gets its offset into Result::offsets, by tag.
  std::vector<Outgoing> messages;
  std::vector<Fenced> fenced;
};

// Not thread-safe.
class Transactor {
 public:
  // `number` tells the producers of one process apart.
  Transactor(const Settings& settings, int number);

  // Ends what a producer of the same name left open. UNAVAILABLE: the cluster does not answer.
  absl::Status Init();

  enum class Outcome {
    kCommitted,
    kNothing,  // aborted: nothing of it is there, nor will be
    kFenced,   // aborted: the group of `by` has moved on; take a newer snapshot
    kEnded,    // aborted: this is no member of the group of `by` any more
    kUnknown,  // the positions tell, once Init was called again
  };
  struct Result {
    Outcome outcome;
    absl::Status why;
    Service by = Service::kProfile;
    std::map<void*, uint64_t> offsets;  // of what was delivered
  };
  Result Write(const Batch& batch);

 private:
  static void OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void* self);
  Result Abort(Result result);
  Result Commit();

  const Settings settings_;
  const std::string id_;
  std::map<void*, uint64_t> offsets_;  // of the transaction at hand
  Client client_;
};

}  // namespace dangol::kafka
