#include "services/profile/cloud_event.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/calendar.h"
#include "libs/base/status.h"
#include "nlohmann/json.hpp"

namespace dangol::profile {
namespace {

using event::v1::ForeignRecord;
using nlohmann::json;

constexpr absl::string_view kContentType = "content-type";
constexpr absl::string_view kPrefix = "ce_";
constexpr absl::string_view kStructured = "application/cloudevents";
constexpr absl::string_view kJson = "application/json";
constexpr absl::string_view kProtobuf = "application/protobuf";

bool IsContentType(absl::string_view name) { return absl::EqualsIgnoreCase(name, kContentType); }

// nullptr: there is none.
const std::string* HeaderOf(const ForeignRecord& record, absl::string_view name) {
  const std::string* found = nullptr;
  for (const event::v1::ForeignHeader& header : record.headers()) {
    const bool same = name == kContentType ? IsContentType(header.name()) : header.name() == name;
    if (same) found = &header.value();
  }
  return found;
}

// "Application/JSON; charset=utf-8" → "application/json".
std::string MediaType(absl::string_view content_type) {
  return absl::AsciiStrToLower(
      absl::StripAsciiWhitespace(content_type.substr(0, content_type.find(';'))));
}

// Sets event->json. `field` is where the type was given.
absl::Status TakeDataType(absl::string_view field, absl::string_view given, CloudEvent* event) {
  const std::string type = MediaType(given);
  event->json = type == kJson;
  if (event->json || type == kProtobuf || type == "application/x-protobuf") {
    return absl::OkStatus();
  }
  return BadField(field, given, "is not what is read here",
                  absl::StrCat("use ", kJson, " or ", kProtobuf));
}

// The attributes, wherever they stand.
struct Attributes {
  absl::string_view prefix;  // of their names
  const std::string* specversion = nullptr;
  const std::string* id = nullptr;
  const std::string* source = nullptr;
  const std::string* type = nullptr;
  const std::string* time = nullptr;
};

absl::Status TakeText(absl::string_view prefix, absl::string_view name, const std::string* value,
                      std::string* out) {
  if (value == nullptr || value->empty()) {
    return BadField(absl::StrCat(prefix, name), "", "is missing", "CloudEvents requires it");
  }
  *out = *value;
  return absl::OkStatus();
}

absl::Status TakeAttributes(const Attributes& given, CloudEvent* event) {
  std::string version;
  DANGOL_RETURN_IF_ERROR(TakeText(given.prefix, "specversion", given.specversion, &version));
  if (version != "1.0") {
    return BadField(absl::StrCat(given.prefix, "specversion"), version, "is not known", "use 1.0");
  }
  DANGOL_RETURN_IF_ERROR(TakeText(given.prefix, "type", given.type, &event->type));
  DANGOL_RETURN_IF_ERROR(TakeText(given.prefix, "id", given.id, &event->id));
  DANGOL_RETURN_IF_ERROR(TakeText(given.prefix, "source", given.source, &event->source));
  if (given.time == nullptr) return absl::OkStatus();
  const auto time = ParseTime(*given.time, absl::UTCTimeZone());
  if (!time.ok()) {
    return BadField(absl::StrCat(given.prefix, "time"), *given.time, "is not a time",
                    "write it like 2026-03-01T09:00:00+09:00");
  }
  event->time = *time;
  return absl::OkStatus();
}

absl::StatusOr<CloudEvent> ReadBinary(const ForeignRecord& record) {
  CloudEvent event;
  Attributes given{kPrefix};
  given.specversion = HeaderOf(record, "ce_specversion");
  given.id = HeaderOf(record, "ce_id");
  given.source = HeaderOf(record, "ce_source");
  given.type = HeaderOf(record, "ce_type");
  given.time = HeaderOf(record, "ce_time");
  DANGOL_RETURN_IF_ERROR(TakeAttributes(given, &event));
  const std::string* type = HeaderOf(record, kContentType);
  DANGOL_RETURN_IF_ERROR(TakeDataType(kContentType, type == nullptr ? "" : *type, &event));
  event.data = record.value();
  return event;
}

// The attribute's text; nullptr where there is none, or null.
absl::StatusOr<const std::string*> TextOf(const json& object, const char* name) {
  const auto it = object.find(name);
  if (it == object.end() || it->is_null()) return nullptr;
  const auto* text = it->get_ptr<const std::string*>();
  if (text != nullptr) return text;
  return BadField(name, it->type_name(), "is no text", "put it between quotes");
}

// A text of depth beyond the limit is not taken apart: what walks it would run out of stack.
absl::StatusOr<json> ParseObject(const std::string& text) {
  bool deep = false;
  const auto look = [&deep](int depth, json::parse_event_t, const json&) {
    deep = deep || depth > kForeignDepthMax;
    return !deep;
  };
  try {
    json parsed = json::parse(text, look);
    if (deep) {
      return BadField("body", text, "is nested too deeply",
                      absl::StrCat("use at most ", kForeignDepthMax, " levels"));
    }
    if (parsed.is_object()) return parsed;
  } catch (const json::parse_error& error) {
    return BadField("body", text, absl::StrCat("is no JSON (byte ", error.byte, ")"),
                    "a structured CloudEvent is one JSON object");
  } catch (const json::exception&) {  // a number that no double holds
  }
  return BadField("body", text, "is no JSON object", "a structured CloudEvent is one JSON object");
}

absl::Status TakeData(const json& object, CloudEvent* event) {
  const auto data = object.find("data");
  DANGOL_ASSIGN_OR_RETURN(const std::string* base64, TextOf(object, "data_base64"));
  if (base64 != nullptr && data != object.end()) {
    return BadField("data_base64", *base64, "stands beside data", "give one of them");
  }
  if (base64 != nullptr) {
    if (absl::Base64Unescape(*base64, &event->data)) return absl::OkStatus();
    return BadField("data_base64", *base64, "is no base64", "encode the bytes by RFC 4648");
  }
  if (data == object.end()) {
    return BadField("data", "", "is missing", "give data, or data_base64");
  }
  if (!event->json) {
    return BadField("data", data->type_name(), "is no protobuf", "put its bytes into data_base64");
  }
  event->data = data->dump(-1, ' ', false, json::error_handler_t::replace);
  return absl::OkStatus();
}

absl::StatusOr<CloudEvent> ReadStructured(const std::string& body) {
  DANGOL_ASSIGN_OR_RETURN(const json object, ParseObject(body));
  CloudEvent event;
  Attributes given;
  DANGOL_ASSIGN_OR_RETURN(given.specversion, TextOf(object, "specversion"));
  DANGOL_ASSIGN_OR_RETURN(given.id, TextOf(object, "id"));
  DANGOL_ASSIGN_OR_RETURN(given.source, TextOf(object, "source"));
  DANGOL_ASSIGN_OR_RETURN(given.type, TextOf(object, "type"));
  DANGOL_ASSIGN_OR_RETURN(given.time, TextOf(object, "time"));
  DANGOL_RETURN_IF_ERROR(TakeAttributes(given, &event));
  DANGOL_ASSIGN_OR_RETURN(const std::string* type, TextOf(object, "datacontenttype"));
  // CloudEvents: without a type the data is JSON.
  DANGOL_RETURN_IF_ERROR(
      TakeDataType("datacontenttype", type == nullptr ? kJson : absl::string_view(*type), &event));
  DANGOL_RETURN_IF_ERROR(TakeData(object, &event));
  return event;
}

}  // namespace

bool IsCloudEvent(const ForeignRecord& record) {
  for (const event::v1::ForeignHeader& header : record.headers()) {
    if (IsContentType(header.name()) || absl::StartsWith(header.name(), kPrefix)) return true;
  }
  return false;
}

absl::StatusOr<CloudEvent> ReadCloudEvent(const ForeignRecord& record) {
  const std::string* given = HeaderOf(record, kContentType);
  const std::string type = given == nullptr ? "" : MediaType(*given);
  if (!absl::StartsWith(type, kStructured)) return ReadBinary(record);
  if (type == absl::StrCat(kStructured, "+json")) return ReadStructured(record.value());
  return BadField(kContentType, *given, "is not what is read here",
                  absl::StrCat("use ", kStructured, "+json, one event a message"));
}

}  // namespace dangol::profile
