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

// What one transaction holds: messages, and the positions of its scopes under their groups' fences.
struct Batch {
  struct Fenced {
    Service service;
    GroupMetadata metadata;
    std::map<Partition, Position> positions;
  };
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
  };
  Result Write(const Batch& batch);

 private:
  Result Abort(Result result);

  const Settings settings_;
  const std::string id_;
  Client client_;
};

}  // namespace dangol::kafka
