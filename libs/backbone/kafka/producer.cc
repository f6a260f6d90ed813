#include "libs/backbone/kafka/producer.h"

#include "libs/backbone/kafka/topic_admin.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"

namespace dangol::kafka {
namespace {

constexpr int kFullMs = 10;

rd_kafka_headers_t* HeadersOf(const Outgoing& message) {
  rd_kafka_headers_t* headers = rd_kafka_headers_new(7);
  AddAttributes(message.event, headers);
  AddRecordHeaders(*message.record, headers);
  return headers;
}

}  // namespace

Producer::Producer(const Settings& settings, Client client)
    : patience_(settings.patience_us), client_(std::move(client)) {
  for (const auto& [name, config] : TopicConfigs(settings)) {
    topics_[name].reset(rd_kafka_topic_new(client_.get(), name.c_str(), nullptr));
  }
}

absl::StatusOr<std::unique_ptr<Producer>> Producer::Connect(
    const Settings& settings, const std::vector<std::pair<std::string, std::string>>& properties,
    const Callbacks& callbacks) {
  DANGOL_ASSIGN_OR_RETURN(Client client,
                          kafka::Connect(RD_KAFKA_PRODUCER, settings, properties, callbacks));
  return std::unique_ptr<Producer>(new Producer(settings, std::move(client)));
}

rd_kafka_resp_err_t Producer::Send(const Outgoing& message) const {
  const auto topic = topics_.find(*message.topic);
  if (topic == topics_.end()) return RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
  // An empty key or value is not the same as none.
  const char* key = message.key.empty() ? "" : message.key.data();
  const char* value = message.value ? message.value->data() : nullptr;
  if (message.value && value == nullptr) value = "";
  const size_t size = message.value ? message.value->size() : 0;
  const Micros until = SteadyMicros() + patience_;
  for (;;) {
    rd_kafka_headers_t* headers = message.record != nullptr ? HeadersOf(message) : nullptr;
    const auto error = rd_kafka_producev(
        client_.get(), RD_KAFKA_V_RKT(topic->second.get()),
        RD_KAFKA_V_PARTITION(static_cast<int32_t>(message.partition)),
        RD_KAFKA_V_KEY(key, message.key.size()), RD_KAFKA_V_VALUE(const_cast<char*>(value), size),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(message.tag),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    if (error && headers != nullptr) rd_kafka_headers_destroy(headers);
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL || SteadyMicros() > until) return error;
    rd_kafka_poll(client_.get(), kFullMs);
  }
}

}  // namespace dangol::kafka
