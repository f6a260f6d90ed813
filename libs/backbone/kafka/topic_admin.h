// The topics of a deployment: made by one step, never by use.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/backbone/kafka/settings.h"
#include "libs/backbone/topics.h"

struct rd_kafka_s;  // librdkafka's rd_kafka_t

namespace dangol::kafka {

struct TopicPlan {
  uint32_t partitions = 16;  // of every topic; a power of two
  int replication = 3;
};

// Creates the topics that are missing, with retention and compaction as topics.h has them, and
// writes an id into each changelog partition that is empty. Idempotent. FAILED_PRECONDITION: one is
// there with another number of partitions.
// INVALID_ARGUMENT: a plan that no log could use; nothing is made.
absl::Status ApplyTopics(const Settings& settings, const TopicPlan& plan);

// How each topic of a deployment is kept: by name, its settings.
std::map<std::string, std::map<std::string, std::string>> TopicConfigs(const Settings& settings);

// The number of partitions that all topics have. FAILED_PRECONDITION: one is missing or has
// another number.
absl::StatusOr<uint32_t> CheckTopics(const Settings& settings);

// Drops the records below `offset`, through any client. Idempotent.
absl::Status DeleteRecords(rd_kafka_s* client, const Settings& settings, TopicPartition tp,
                           int64_t offset);

// For tests: removes them, with all that is in them.
absl::Status DeleteTopics(const Settings& settings);

}  // namespace dangol::kafka
