#include "libs/backbone/kafka/client.h"

#include "absl/strings/str_cat.h"

namespace dangol::kafka {
namespace {

constexpr int kErrorText = 512;
constexpr int kMostMessageBytes = 64 << 20;

}  // namespace

std::string NameOf(const Settings& settings, Topic topic) {
  return absl::StrCat(settings.prefix, ".", TopicName(topic), ".v1");
}
std::string ChangelogOf(const Settings& settings, Service service) {
  return absl::StrCat(settings.prefix, ".state.", ServiceName(service), ".v1");
}
std::string LeaseTopicOf(const Settings& settings, Service service) {
  return absl::StrCat(settings.prefix, ".lease.", ServiceName(service), ".v1");
}
std::string GroupOf(const Settings& settings, Service service) {
  return absl::StrCat(settings.prefix, ".", ServiceName(service));
}

PartitionList MakeList(const std::string& topic, const std::vector<Partition>& partitions) {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (Partition p : partitions) rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), p);
  return list;
}

absl::StatusOr<Client> Connect(rd_kafka_type_t type, const Settings& settings,
                               const std::vector<std::pair<std::string, std::string>>& properties,
                               const Callbacks& callbacks) {
  char text[kErrorText];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  std::map<std::string, std::string> all = {
      {"bootstrap.servers", settings.bootstrap_servers},
      {"client.id", settings.instance},
      {"message.max.bytes", absl::StrCat(kMostMessageBytes)},
      // The default of 100 ms makes each of two transactions in a row wait so long.
      {"retry.backoff.ms", "10"},
      {"socket.nagle.disable", "true"},
      {"log.connection.close", "false"},
      {"log_level", "2"},  // what goes wrong is in the answers
  };
  for (const auto& [name, value] : properties) all[name] = value;
  for (const auto& [name, value] : settings.client) all[name] = value;
  for (const auto& [name, value] : all) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text, sizeof text) !=
        RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(conf);
      return absl::InvalidArgumentError(absl::StrCat("kafka: ", text));
    }
  }
  rd_kafka_conf_set_opaque(conf, callbacks.opaque);
  if (callbacks.delivered) rd_kafka_conf_set_dr_msg_cb(conf, callbacks.delivered);
  if (callbacks.rebalance) rd_kafka_conf_set_rebalance_cb(conf, callbacks.rebalance);
  rd_kafka_t* made = rd_kafka_new(type, conf, text, sizeof text);
  if (made == nullptr) {
    rd_kafka_conf_destroy(conf);
    return absl::InvalidArgumentError(absl::StrCat("kafka: ", text));
  }
  return Client(made);
}

absl::Status Failure(absl::string_view what, rd_kafka_resp_err_t error) {
  return absl::UnavailableError(absl::StrCat(what, ": ", rd_kafka_err2str(error)));
}
absl::Status Failure(absl::string_view what, const Error& error) {
  return absl::UnavailableError(absl::StrCat(what, ": ", rd_kafka_error_string(error.get())));
}

int Millis(Micros duration) { return static_cast<int>(duration / kMicrosPerMilli); }

}  // namespace dangol::kafka
