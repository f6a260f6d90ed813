// CloudEvents 1.0 as a foreign producer writes them to Kafka: in binary mode (attributes are
// headers, the body is the data) or in structured mode (all of it is one JSON object).
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "dangol/event/v1/ingest.pb.h"
#include "libs/base/types.h"

namespace dangol::profile {

// Objects and lists within each other; ours are five deep.
inline constexpr int kForeignDepthMax = 32;

struct CloudEvent {
  std::string id;
  std::string source;
  std::string type;
  std::optional<Micros> time;
  bool json = false;  // the data is JSON; otherwise protobuf
  std::string data;
};

// Whether the record says that it is an event: it has a content type or an attribute.
bool IsCloudEvent(const event::v1::ForeignRecord& record);

// INVALID_ARGUMENT naming the header, attribute or field: one that is missing or wrong, an unknown
// specversion or content type, a body that is no JSON where it should be, or nested too deeply.
// Attributes that are not in CloudEvent are ignored. Of headers of one name the last counts.
absl::StatusOr<CloudEvent> ReadCloudEvent(const event::v1::ForeignRecord& record);

}  // namespace dangol::profile
