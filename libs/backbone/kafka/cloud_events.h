// CloudEvents (1.0, its binding for Kafka): what our messages say of themselves, and how messages
// of other producers become records. docs/events.md is the contract with both sides.
#pragma once

#include <librdkafka/rdkafka.h>

#include <string>

#include "absl/strings/string_view.h"
#include "libs/backbone/topics.h"

namespace dangol::kafka {

// The attributes of one of our messages. (source, id) is unique for ever.
struct EventAttributes {
  Topic topic = Topic::kIngest;  // says the type
  absl::string_view source;
  absl::string_view id;
};

// In binary mode: ce_* and content-type.
void AddAttributes(const EventAttributes& attributes, rd_kafka_headers_t* headers);

// An IngestEvent that holds the message as it is. `headers` may be nullptr.
std::string WrapForeign(const rd_kafka_headers_t* headers, absl::string_view value);

}  // namespace dangol::kafka
