#include "libs/backbone/kafka/cloud_events.h"

#include "dangol/event/v1/ingest.pb.h"

namespace dangol::kafka {
namespace {

void AddHeader(rd_kafka_headers_t* headers, const char* name, absl::string_view value) {
  rd_kafka_header_add(headers, name, -1, value.data(), static_cast<ssize_t>(value.size()));
}

}  // namespace

void AddAttributes(const EventAttributes& attributes, rd_kafka_headers_t* headers) {
  AddHeader(headers, "ce_specversion", "1.0");
  AddHeader(headers, "ce_type", MessageTypeOf(attributes.topic));
  AddHeader(headers, "ce_source", attributes.source);
  AddHeader(headers, "ce_id", attributes.id);
  AddHeader(headers, "content-type", "application/protobuf");
}

std::string WrapForeign(const rd_kafka_headers_t* headers, absl::string_view value) {
  event::v1::IngestEvent event;
  event::v1::ForeignRecord* foreign = event.mutable_foreign();
  foreign->set_value(value.data(), value.size());
  const char* name = nullptr;
  const void* bytes = nullptr;
  size_t size = 0;
  for (size_t i = 0;
       headers != nullptr &&
       rd_kafka_header_get_all(headers, i, &name, &bytes, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    event::v1::ForeignHeader* header = foreign->add_headers();
    header->set_name(name);
    if (bytes != nullptr) header->set_value(bytes, size);
  }
  return event.SerializeAsString();
}

}  // namespace dangol::kafka
