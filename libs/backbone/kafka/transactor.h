// One transactional producer: a cycle is one of its transactions.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "libs/backbone/kafka/batch.h"
#include "libs/backbone/kafka/producer.h"

namespace dangol::kafka {

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
  std::map<void*, uint64_t> offsets_;   // of the transaction at hand
  std::unique_ptr<Producer> producer_;  // nullptr: to be begun again
};

}  // namespace dangol::kafka
