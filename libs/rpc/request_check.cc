#include "libs/rpc/request_check.h"

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "google/protobuf/unknown_field_set.h"
#include "libs/base/calendar.h"
#include "libs/base/status.h"

namespace dangol::rpc {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Where a field stands. Written out only for an error: most requests have none.
struct Place {
  const Place* parent = nullptr;
  const FieldDescriptor* field = nullptr;
  int index = -1;
};

std::string PathOf(const Place& place) {
  std::string path;
  if (place.parent != nullptr && place.parent->field != nullptr) {
    path = absl::StrCat(PathOf(*place.parent), ".");
  }
  if (place.field == nullptr) return "request";
  absl::StrAppend(&path, std::string(place.field->name()));
  if (place.index >= 0) absl::StrAppend(&path, "[", place.index, "]");
  return path;
}

absl::Status Bad(const Place& place, absl::string_view value, absl::string_view problem,
                 absl::string_view fix) {
  return BadField(PathOf(place), value, problem, fix);
}

absl::Status CheckText(const Place& place, const std::string& text) {
  if (text.size() > kTextBytesMax) {
    return Bad(place, text, absl::StrCat("has ", text.size(), " bytes"),
               absl::StrCat("use at most ", kTextBytesMax));
  }
  for (const char c : text) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    if (control && c != '\n' && c != '\t' && c != '\r') {
      return Bad(place, text, "has control characters", "remove them");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckDouble(const Place& place, double value) {
  if (std::isfinite(value)) return absl::OkStatus();
  return Bad(place, absl::StrCat(value), "is no number", "use a finite number");
}

absl::Status CheckRange(const Place& place, int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return Bad(place, absl::StrCat(value), "is out of range",
             absl::StrCat("use ", low, " to ", high));
}

absl::Status CheckInt64(const Place& place, int64_t value) {
  const std::string& name = place.field->name();
  if (absl::EndsWith(name, "time_us")) {
    if (value >= kTimeMin && value < kTimeMax) return absl::OkStatus();
    return Bad(place, absl::StrCat(value), "is no time between 1900 and 2199",
               "times are UTC microseconds since 1970");
  }
  if (absl::EndsWith(name, "_us")) return CheckRange(place, value, 0, kDurationMax);
  if (absl::EndsWith(name, "_minor")) return CheckRange(place, value, -kMinorMax, kMinorMax);
  if (absl::EndsWith(name, "_micros")) return CheckRange(place, value, 0, kMicrosMax);
  return absl::OkStatus();
}

absl::Status CheckEnum(const Place& place, int value) {
  if (place.field->enum_type()->FindValueByNumber(value) != nullptr) return absl::OkStatus();
  std::vector<std::string> names;
  for (int i = 0; i < place.field->enum_type()->value_count(); ++i) {
    if (place.field->enum_type()->value(i)->number() != 0) {
      names.push_back(place.field->enum_type()->value(i)->name());
    }
  }
  return Bad(place, absl::StrCat(value), "is not known to this server",
             absl::StrCat("use ", names.empty() ? "0" : names.front(), " or another of ",
                          std::string(place.field->enum_type()->name())));
}

absl::Status CheckMessage(const Message& message, const Place* here);

// The value of a singular field, or the one at `place.index` of a repeated one.
absl::Status CheckValue(const Message& message, const Place& place) {
  const auto* r = message.GetReflection();
  const FieldDescriptor* f = place.field;
  const bool one = place.index < 0;
  std::string scratch;
  switch (f->cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return CheckMessage(
          one ? r->GetMessage(message, f) : r->GetRepeatedMessage(message, f, place.index), &place);
    case FieldDescriptor::CPPTYPE_STRING:
      if (f->type() == FieldDescriptor::TYPE_BYTES) return absl::OkStatus();
      return CheckText(place,
                       one ? r->GetStringReference(message, f, &scratch)
                           : r->GetRepeatedStringReference(message, f, place.index, &scratch));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return CheckDouble(
          place, one ? r->GetDouble(message, f) : r->GetRepeatedDouble(message, f, place.index));
    case FieldDescriptor::CPPTYPE_INT64:
      return CheckInt64(
          place, one ? r->GetInt64(message, f) : r->GetRepeatedInt64(message, f, place.index));
    case FieldDescriptor::CPPTYPE_ENUM:
      return CheckEnum(place, one ? r->GetEnumValue(message, f)
                                  : r->GetRepeatedEnumValue(message, f, place.index));
    default:
      return absl::OkStatus();
  }
}

absl::Status CheckUnknown(const Message& message, const Place* here) {
  const auto& unknown = message.GetReflection()->GetUnknownFields(message);
  if (unknown.empty()) return absl::OkStatus();
  absl::Status bad =
      Bad(here == nullptr ? Place() : *here, absl::StrCat("field ", unknown.field(0).number()),
          absl::StrCat("is none of ", std::string(message.GetDescriptor()->name()),
                       " here, or has another type"),
          "use this server's proto files, or a newer server");
  ErrorDetail detail = DetailOf(bad);
  detail.reason = "UNKNOWN_FIELD";
  return WithDetail(std::move(bad), std::move(detail));
}

absl::Status CheckMessage(const Message& message, const Place* here) {
  DANGOL_RETURN_IF_ERROR(CheckUnknown(message, here));
  std::vector<const FieldDescriptor*> set;
  message.GetReflection()->ListFields(message, &set);
  for (const FieldDescriptor* field : set) {
    Place place{here, field, -1};
    if (!field->is_repeated()) {
      DANGOL_RETURN_IF_ERROR(CheckValue(message, place));
      continue;
    }
    const int items = message.GetReflection()->FieldSize(message, field);
    if (items > kListItemsMax) {
      return Bad(place, absl::StrCat(items), "items are too many",
                 absl::StrCat("give at most ", kListItemsMax));
    }
    for (place.index = 0; place.index < items; ++place.index) {
      DANGOL_RETURN_IF_ERROR(CheckValue(message, place));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckGiven(absl::string_view field, absl::string_view value) {
  if (!value.empty()) return absl::OkStatus();
  return BadField(field, value, "is missing", "name what the request is about");
}

absl::Status CheckRequest(const Message& request) {
  const FieldDescriptor* name = request.GetDescriptor()->FindFieldByName("name");
  if (name != nullptr && !request.GetReflection()->HasField(request, name)) {
    return CheckGiven("name", "");
  }
  return CheckMessage(request, nullptr);
}

absl::Status CheckBatch(const Message& request) { return CheckUnknown(request, nullptr); }

}  // namespace dangol::rpc
