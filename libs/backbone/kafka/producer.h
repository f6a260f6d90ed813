// A producer of messages, which knows the topics that it writes.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "libs/backbone/kafka/client.h"
#include "libs/backbone/kafka/message_codec.h"

namespace dangol::kafka {

// All topics are asked for when it connects: of one that a message is the first to name, librdkafka
// learns the partitions only when it next looks for what is missing, up to a second later.
//
// Send is thread-safe.
class Producer {
 public:
  static absl::StatusOr<std::unique_ptr<Producer>> Connect(
      const Settings& settings, const std::vector<std::pair<std::string, std::string>>& properties,
      const Callbacks& callbacks);

  rd_kafka_t* client() const { return client_.get(); }

  // Copies the message into the client's queue, waiting while that is full. UNKNOWN_TOPIC: it is
  // none of the deployment's.
  rd_kafka_resp_err_t Send(const Outgoing& message) const;

 private:
  Producer(const Settings& settings, Client client);

  const Micros patience_;
  Client client_;  // before the topics, which are its
  absl::flat_hash_map<std::string, TopicHandle> topics_;
};

}  // namespace dangol::kafka
