// Foreign records for profile's tests.
#pragma once

#include <map>
#include <string>

#include "dangol/event/v1/ingest.pb.h"
#include "google/protobuf/util/json_util.h"

namespace dangol::profile {

using Headers = std::map<std::string, std::string>;

inline event::v1::ForeignRecord Foreign(const Headers& headers, std::string value) {
  event::v1::ForeignRecord record;
  for (const auto& [name, text] : headers) {
    event::v1::ForeignHeader* header = record.add_headers();
    header->set_name(name);
    header->set_value(text);
  }
  record.set_value(std::move(value));
  return record;
}

// The attributes that CloudEvents requires, as headers.
inline Headers Binary(const std::string& type, const std::string& content_type) {
  return {{"ce_specversion", "1.0"},
          {"ce_id", "e1"},
          {"ce_source", "/shop/pos"},
          {"ce_type", type},
          {"ce_time", "2023-11-14T22:13:20.5Z"},
          {"content-type", content_type}};
}

inline event::v1::ForeignRecord Structured(const std::string& json) {
  return Foreign({{"content-type", "application/cloudevents+json; charset=utf-8"}}, json);
}

inline std::string Json(const google::protobuf::Message& message) {
  std::string json;
  (void)google::protobuf::util::MessageToJsonString(message, &json);
  return json;
}

// As the log wraps it.
inline event::v1::IngestEvent Wrapped(const event::v1::ForeignRecord& record) {
  event::v1::IngestEvent event;
  *event.mutable_foreign() = record;
  return event;
}

}  // namespace dangol::profile
