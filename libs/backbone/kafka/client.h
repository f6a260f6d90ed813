// librdkafka's handles, owned, with our errors and names. Its C interface stays inside this folder.
#pragma once

#include <librdkafka/rdkafka.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/backbone/kafka/settings.h"
#include "libs/backbone/topics.h"

namespace dangol::kafka {

// Names that all of one deployment share.
std::string NameOf(const Settings& settings, Topic topic);       // dangol.customer.v1
std::string ChangelogOf(const Settings& settings, Service);      // dangol.state.profile.v1
std::string LeaseTopicOf(const Settings& settings, Service);     // dangol.lease.profile.v1
std::string GroupOf(const Settings& settings, Service service);  // dangol.profile

struct Destroy {
  void operator()(rd_kafka_t* p) const { rd_kafka_destroy(p); }
  void operator()(rd_kafka_topic_t* p) const { rd_kafka_topic_destroy(p); }
  void operator()(rd_kafka_queue_t* p) const { rd_kafka_queue_destroy(p); }
  void operator()(rd_kafka_event_t* p) const { rd_kafka_event_destroy(p); }
  void operator()(rd_kafka_error_t* p) const { rd_kafka_error_destroy(p); }
  void operator()(rd_kafka_message_t* p) const { rd_kafka_message_destroy(p); }
  void operator()(rd_kafka_topic_partition_list_t* p) const {
    rd_kafka_topic_partition_list_destroy(p);
  }
  void operator()(rd_kafka_consumer_group_metadata_t* p) const {
    rd_kafka_consumer_group_metadata_destroy(p);
  }
};
using Client = std::unique_ptr<rd_kafka_t, Destroy>;
using TopicHandle = std::unique_ptr<rd_kafka_topic_t, Destroy>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Destroy>;
using Event = std::unique_ptr<rd_kafka_event_t, Destroy>;
using Error = std::unique_ptr<rd_kafka_error_t, Destroy>;
using Message = std::unique_ptr<rd_kafka_message_t, Destroy>;
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, Destroy>;
using GroupMetadata = std::shared_ptr<rd_kafka_consumer_group_metadata_t>;

PartitionList MakeList(const std::string& topic, const std::vector<Partition>& partitions);

struct Callbacks {
  void* opaque = nullptr;
  void (*delivered)(rd_kafka_t*, const rd_kafka_message_t*, void*) = nullptr;
  void (*rebalance)(rd_kafka_t*, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*,
                    void*) = nullptr;
};
// A client with these properties over the settings'. INVALID_ARGUMENT: one that librdkafka does not
// know.
absl::StatusOr<Client> Connect(rd_kafka_type_t type, const Settings& settings,
                               const std::vector<std::pair<std::string, std::string>>& properties,
                               const Callbacks& callbacks = {});

// UNAVAILABLE, "<what>: <librdkafka's text>".
absl::Status Failure(absl::string_view what, rd_kafka_resp_err_t error);
absl::Status Failure(absl::string_view what, const Error& error);

int Millis(Micros duration);

}  // namespace dangol::kafka
