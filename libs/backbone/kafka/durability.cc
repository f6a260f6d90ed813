#include "libs/backbone/kafka/durability.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/backbone/kafka/client.h"
#include "libs/backbone/kafka/topic_admin.h"
#include "libs/base/status.h"

namespace dangol::kafka {
namespace {

using Config = ClusterSettings::Config;

constexpr int kReplication = 3;
constexpr int kInSync = 2;

std::string ValueOf(const Config& config, const std::string& key) {
  const auto it = config.find(key);
  return it == config.end() ? "" : it->second;
}

// A number that is not there is 0.
int64_t NumberOf(const Config& config, const std::string& key) {
  int64_t number = 0;
  return absl::SimpleAtoi(ValueOf(config, key), &number) ? number : 0;
}

// Collects what is found at one place.
class Finder {
 public:
  Finder(std::string where, const Config& config, std::vector<Weakness>* found)
      : where_(std::move(where)), config_(config), found_(*found) {}

  void AtLeast(const std::string& key, int64_t least, absl::string_view otherwise) {
    if (NumberOf(config_, key) >= least) return;
    Add(key, absl::StrCat("set it to ", least, ": ", otherwise));
  }
  void Is(const std::string& key, absl::string_view wanted, absl::string_view otherwise) {
    if (ValueOf(config_, key) == wanted) return;
    Add(key, absl::StrCat("set it to ", wanted, ": ", otherwise));
  }
  // -1 is for ever.
  void KeptFor(const std::string& key, const std::string& wanted) {
    const int64_t is = NumberOf(config_, key), least = NumberOf({{key, wanted}}, key);
    if (is == -1 || (least != -1 && is >= least)) return;
    Add(key, absl::StrCat("set it to ", wanted, ": a reader that was away would miss records"));
  }

 private:
  void Add(const std::string& key, std::string fix) {
    const std::string value = ValueOf(config_, key);
    found_.push_back({where_, absl::StrCat(key, "=", value.empty() ? "?" : value), std::move(fix)});
  }

  const std::string where_;
  const Config& config_;
  std::vector<Weakness>& found_;
};

constexpr char kOneCopy[] = "the loss of a broker could take what was acknowledged";
constexpr char kUnflushed[] = "a power cut at the only broker could take what was acknowledged";
constexpr char kUnclean[] = "a broker that had missed writes could be made the leader";

void LookAtBrokers(const ClusterSettings& cluster, std::vector<Weakness>* found) {
  for (const auto& [id, config] : cluster.brokers) {
    Finder finder(absl::StrCat("broker ", id), config, found);
    finder.Is("unclean.leader.election.enable", "false", kUnclean);
    if (cluster.brokers.size() == 1) {
      finder.Is("log.flush.interval.messages", "1", kUnflushed);
      continue;
    }
    finder.AtLeast("offsets.topic.replication.factor", kReplication, kOneCopy);
    finder.AtLeast("transaction.state.log.replication.factor", kReplication, kOneCopy);
    finder.AtLeast("transaction.state.log.min.isr", kInSync, kOneCopy);
    finder.AtLeast("min.insync.replicas", kInSync, kOneCopy);
  }
}

void LookAtTopic(const std::string& name, const ClusterSettings::TopicSettings& topic,
                 const Config& plan, bool alone, std::vector<Weakness>* found) {
  Config config = topic.config;
  config["replication"] = absl::StrCat(topic.replication);
  Finder finder(absl::StrCat("topic ", name), config, found);
  finder.Is("unclean.leader.election.enable", "false", kUnclean);
  if (alone) {
    finder.Is("flush.messages", "1", kUnflushed);
  } else {
    finder.AtLeast("replication", kReplication, kOneCopy);
    finder.AtLeast("min.insync.replicas", kInSync, kOneCopy);
  }
  for (const auto& [key, wanted] : plan) {
    if (key == "cleanup.policy") finder.Is(key, wanted, "records would go that are still needed");
    if (key == "message.timestamp.type") {
      finder.Is(key, wanted, "a producer's old times would let its records go at once");
    }
    if (key == "retention.ms" || key == "delete.retention.ms") finder.KeptFor(key, wanted);
  }
}

struct DestroyResource {
  void operator()(rd_kafka_ConfigResource_t* p) const { rd_kafka_ConfigResource_destroy(p); }
};
using Resource = std::unique_ptr<rd_kafka_ConfigResource_t, DestroyResource>;

// The configurations of one broker, or of several topics (librdkafka takes no more at once).
absl::StatusOr<std::map<std::string, Config>> Describe(const Settings& settings, rd_kafka_t* client,
                                                       rd_kafka_ResourceType_t type,
                                                       const std::vector<std::string>& names) {
  std::vector<Resource> resources;
  std::vector<rd_kafka_ConfigResource_t*> request;
  for (const std::string& name : names) {
    resources.emplace_back(rd_kafka_ConfigResource_new(type, name.c_str()));
    request.push_back(resources.back().get());
  }
  const Queue queue(rd_kafka_queue_new(client));
  rd_kafka_DescribeConfigs(client, request.data(), request.size(), nullptr, queue.get());
  const Event event(rd_kafka_queue_poll(queue.get(), Millis(settings.patience_us)));
  if (event == nullptr) return absl::UnavailableError("reading the cluster's settings: no answer");
  if (const auto error = rd_kafka_event_error(event.get())) {
    return Failure("reading the cluster's settings", error);
  }
  size_t count = 0;
  const auto** answers = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  std::map<std::string, Config> configs;
  for (size_t i = 0; i < count; ++i) {
    const std::string name = rd_kafka_ConfigResource_name(answers[i]);
    if (const auto error = rd_kafka_ConfigResource_error(answers[i])) {
      return Failure(absl::StrCat("reading the settings of ", name), error);
    }
    size_t entries = 0;
    const auto** entry = rd_kafka_ConfigResource_configs(answers[i], &entries);
    for (size_t e = 0; e < entries; ++e) {
      const char* value = rd_kafka_ConfigEntry_value(entry[e]);
      configs[name][rd_kafka_ConfigEntry_name(entry[e])] = value == nullptr ? "" : value;
    }
  }
  return configs;
}

// Brokers and our topics, without their configurations.
absl::StatusOr<ClusterSettings> Shape(const Settings& settings, rd_kafka_t* client,
                                      const std::map<std::string, Config>& plan) {
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto error = rd_kafka_metadata(client, 1, nullptr, &metadata, Millis(settings.patience_us));
  if (error) return Failure("listing brokers", error);
  ClusterSettings cluster;
  for (int i = 0; i < metadata->broker_cnt; ++i) cluster.brokers[metadata->brokers[i].id];
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const auto& topic = metadata->topics[i];
    if (plan.count(topic.topic) == 0 || topic.partition_cnt == 0) continue;
    int fewest = topic.partitions[0].replica_cnt;
    for (int p = 1; p < topic.partition_cnt; ++p) {
      fewest = std::min(fewest, topic.partitions[p].replica_cnt);
    }
    cluster.topics[topic.topic].replication = fewest;
  }
  rd_kafka_metadata_destroy(metadata);
  return cluster;
}

}  // namespace

std::string ToString(const Weakness& weakness) {
  return absl::StrCat(weakness.where, ": ", weakness.setting, ": ", weakness.fix);
}

std::vector<Weakness> FindWeaknesses(const ClusterSettings& cluster,
                                     const std::map<std::string, Config>& plan) {
  std::vector<Weakness> found;
  LookAtBrokers(cluster, &found);
  for (const auto& [name, topic] : cluster.topics) {
    const auto planned = plan.find(name);
    LookAtTopic(name, topic, planned == plan.end() ? Config() : planned->second,
                cluster.brokers.size() == 1, &found);
  }
  return found;
}

absl::StatusOr<std::vector<Weakness>> FindWeaknesses(const Settings& settings) {
  DANGOL_ASSIGN_OR_RETURN(const Client client, Connect(RD_KAFKA_PRODUCER, settings, {}));
  const std::map<std::string, Config> plan = TopicConfigs(settings);
  DANGOL_ASSIGN_OR_RETURN(ClusterSettings cluster, Shape(settings, client.get(), plan));
  for (auto& [id, config] : cluster.brokers) {
    const std::string name = absl::StrCat(id);
    DANGOL_ASSIGN_OR_RETURN(auto answer,
                            Describe(settings, client.get(), RD_KAFKA_RESOURCE_BROKER, {name}));
    config = std::move(answer[name]);
  }
  std::vector<std::string> names;
  for (const auto& [name, topic] : cluster.topics) names.push_back(name);
  DANGOL_ASSIGN_OR_RETURN(auto answers,
                          Describe(settings, client.get(), RD_KAFKA_RESOURCE_TOPIC, names));
  for (auto& [name, topic] : cluster.topics) topic.config = std::move(answers[name]);
  return FindWeaknesses(cluster, plan);
}

}  // namespace dangol::kafka
