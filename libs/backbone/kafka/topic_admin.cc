#include "libs/backbone/kafka/topic_admin.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/backbone/kafka/appender.h"
#include "libs/backbone/kafka/client.h"
#include "libs/backbone/kafka/message_codec.h"
#include "libs/backbone/kafka/partition_reader.h"
#include "libs/backbone/partition_count.h"
#include "libs/base/clock.h"
#include "libs/base/rng.h"
#include "libs/base/status.h"

namespace dangol::kafka {
namespace {

constexpr int kLookMs = 50;
constexpr char kMostMessageBytes[] = "67108864";  // as much as a client sends
constexpr char kSevenDaysMs[] = "604800000";
constexpr char kOneHourMs[] = "3600000";

using Config = std::map<std::string, std::string>;

Config Compacted() {
  return {{"cleanup.policy", "compact"},
          {"delete.retention.ms", kSevenDaysMs},
          {"min.compaction.lag.ms", kOneHourMs}};
}

Config ConfigOf(Topic topic) {
  const bool days = RetentionOf(topic) == Retention::kDays;
  Config config = {{"cleanup.policy", "delete"}, {"retention.ms", days ? kSevenDaysMs : "-1"}};
  // Producers of others may give any time: records of last year would go at once.
  if (topic == Topic::kIngest) config["message.timestamp.type"] = "LogAppendTime";
  return config;
}

absl::StatusOr<Client> Admin(const Settings& settings) {
  return Connect(RD_KAFKA_PRODUCER, settings, {});
}

// Partitions by name of the topics that are there.
absl::StatusOr<std::map<std::string, uint32_t>> Existing(const Settings& settings,
                                                         rd_kafka_t* client) {
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto error = rd_kafka_metadata(client, 1, nullptr, &metadata, Millis(settings.patience_us));
  if (error) return Failure("listing topics", error);
  std::map<std::string, uint32_t> existing;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const auto& topic = metadata->topics[i];
    if (topic.err == RD_KAFKA_RESP_ERR_NO_ERROR) existing[topic.topic] = topic.partition_cnt;
  }
  rd_kafka_metadata_destroy(metadata);
  return existing;
}

absl::Status WrongCount(const std::string& name, uint32_t is, uint32_t wanted) {
  return Precondition("TOPIC_PARTITIONS",
                      absl::StrCat("topic ", name, " has ", is, " partitions, not ", wanted,
                                   ", as the others; their number is fixed when they are created"));
}

// The outcome of a request for several topics: the first error, `forgiven` not being one.
absl::Status Outcome(absl::string_view what, const Queue& queue, rd_kafka_resp_err_t forgiven,
                     Micros patience) {
  const Event event(rd_kafka_queue_poll(queue.get(), Millis(patience)));
  if (event == nullptr) return absl::UnavailableError(absl::StrCat(what, ": no answer"));
  if (rd_kafka_event_error(event.get())) return Failure(what, rd_kafka_event_error(event.get()));
  size_t count = 0;
  const rd_kafka_topic_result_t** results = nullptr;
  if (const auto* made = rd_kafka_event_CreateTopics_result(event.get())) {
    results = rd_kafka_CreateTopics_result_topics(made, &count);
  } else if (const auto* gone = rd_kafka_event_DeleteTopics_result(event.get())) {
    results = rd_kafka_DeleteTopics_result_topics(gone, &count);
  }
  for (size_t i = 0; i < count; ++i) {
    const auto error = rd_kafka_topic_result_error(results[i]);
    if (error && error != forgiven) {
      return Failure(absl::StrCat(what, " ", rd_kafka_topic_result_name(results[i])), error);
    }
  }
  return absl::OkStatus();
}

rd_kafka_NewTopic_t* NewTopic(const std::string& name, const Config& config,
                              const TopicPlan& plan) {
  char text[256];
  rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(
      name.c_str(), static_cast<int>(plan.partitions), plan.replication, text, sizeof text);
  for (const auto& [key, value] : config) {
    rd_kafka_NewTopic_set_config(topic, key.c_str(), value.c_str());
  }
  return topic;
}

// Nothing but an id is first in a changelog, so that it is found without reading the rest.
absl::Status WriteChangelogIds(const Settings& settings, uint32_t partitions) {
  DANGOL_ASSIGN_OR_RETURN(const Client reader, ConnectReader(settings, /*committed_only=*/false));
  DANGOL_ASSIGN_OR_RETURN(const auto appender, Appender::Open(settings));
  const std::string id = absl::StrCat(absl::Hex(DeviceRandom(), absl::kZeroPad16));
  for (int s = 0; s < kServices; ++s) {
    const std::string topic = ChangelogOf(settings, static_cast<Service>(s));
    for (uint32_t p = 0; p < partitions; ++p) {
      const auto partition = static_cast<Partition>(p);
      DANGOL_ASSIGN_OR_RETURN(const Range range,
                              RangeOf(reader.get(), topic, partition, settings.patience_us));
      if (range.end > 0) continue;
      const Outgoing record{&topic, partition, ChangelogIdKey(), id};
      DANGOL_RETURN_IF_ERROR(appender->WriteOne(record));
    }
  }
  return appender->Flush();
}

}  // namespace

std::map<std::string, Config> TopicConfigs(const Settings& settings) {
  std::map<std::string, Config> topics;
  for (int t = 0; t < kTopics; ++t) {
    topics[NameOf(settings, static_cast<Topic>(t))] = ConfigOf(static_cast<Topic>(t));
  }
  for (int s = 0; s < kServices; ++s) {
    topics[ChangelogOf(settings, static_cast<Service>(s))] = Compacted();
    topics[LeaseTopicOf(settings, static_cast<Service>(s))] = Compacted();
  }
  for (auto& [name, config] : topics) config["max.message.bytes"] = kMostMessageBytes;
  return topics;
}

absl::Status ApplyTopics(const Settings& settings, const TopicPlan& plan) {
  DANGOL_RETURN_IF_ERROR(CheckPartitionCount(plan.partitions));
  if (plan.replication < 1) {
    return BadField("replication", absl::StrCat(plan.replication), "keeps no copy",
                    "use 3, or 1 on a single broker");
  }
  DANGOL_ASSIGN_OR_RETURN(const Client client, Admin(settings));
  DANGOL_ASSIGN_OR_RETURN(const auto existing, Existing(settings, client.get()));
  std::vector<rd_kafka_NewTopic_t*> missing;
  for (const auto& [name, config] : TopicConfigs(settings)) {
    const auto it = existing.find(name);
    if (it == existing.end()) {
      missing.push_back(NewTopic(name, config, plan));
    } else if (it->second != plan.partitions) {
      rd_kafka_NewTopic_destroy_array(missing.data(), missing.size());
      return WrongCount(name, it->second, plan.partitions);
    }
  }
  if (missing.empty()) return WriteChangelogIds(settings, plan.partitions);
  const Queue queue(rd_kafka_queue_new(client.get()));
  rd_kafka_CreateTopics(client.get(), missing.data(), missing.size(), nullptr, queue.get());
  rd_kafka_NewTopic_destroy_array(missing.data(), missing.size());
  DANGOL_RETURN_IF_ERROR(Outcome("creating topics", queue, RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS,
                                 settings.patience_us));
  // They are made before every broker knows of them.
  const Micros until = SteadyMicros() + settings.patience_us;
  absl::Status there = CheckTopics(settings).status();
  while (!there.ok() && SteadyMicros() < until) {
    rd_kafka_poll(client.get(), kLookMs);
    there = CheckTopics(settings).status();
  }
  if (!there.ok()) return there;
  return WriteChangelogIds(settings, plan.partitions);
}

absl::StatusOr<uint32_t> CheckTopics(const Settings& settings) {
  DANGOL_ASSIGN_OR_RETURN(const Client client, Admin(settings));
  DANGOL_ASSIGN_OR_RETURN(const auto existing, Existing(settings, client.get()));
  uint32_t partitions = 0;
  for (const auto& [name, config] : TopicConfigs(settings)) {
    const auto it = existing.find(name);
    if (it == existing.end()) {
      return Precondition("TOPIC_MISSING",
                          absl::StrCat("topic ", name, " is missing; create the topics first"));
    }
    if (partitions == 0) partitions = it->second;
    if (it->second != partitions) return WrongCount(name, it->second, partitions);
  }
  DANGOL_RETURN_IF_ERROR(CheckPartitionCount(partitions));
  return partitions;
}

absl::Status DeleteRecords(rd_kafka_s* client, const Settings& settings, TopicPartition tp,
                           int64_t offset) {
  const PartitionList list = MakeList(NameOf(settings, tp.topic), {tp.partition});
  list->elems[0].offset = offset;
  rd_kafka_DeleteRecords_t* request = rd_kafka_DeleteRecords_new(list.get());
  const Queue queue(rd_kafka_queue_new(client));
  rd_kafka_DeleteRecords(client, &request, 1, nullptr, queue.get());
  rd_kafka_DeleteRecords_destroy(request);
  const Event event(rd_kafka_queue_poll(queue.get(), Millis(settings.patience_us)));
  if (event == nullptr) return absl::UnavailableError("trimming: no answer");
  const auto error = rd_kafka_event_error(event.get());
  return error ? Failure(absl::StrCat("trimming ", ToString(tp)), error) : absl::OkStatus();
}

absl::Status DeleteTopics(const Settings& settings) {
  DANGOL_ASSIGN_OR_RETURN(const Client client, Admin(settings));
  std::vector<rd_kafka_DeleteTopic_t*> all;
  for (const auto& [name, config] : TopicConfigs(settings)) {
    all.push_back(rd_kafka_DeleteTopic_new(name.c_str()));
  }
  const Queue queue(rd_kafka_queue_new(client.get()));
  rd_kafka_DeleteTopics(client.get(), all.data(), all.size(), nullptr, queue.get());
  rd_kafka_DeleteTopic_destroy_array(all.data(), all.size());
  return Outcome("deleting topics", queue, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
                 settings.patience_us);
}

}  // namespace dangol::kafka
