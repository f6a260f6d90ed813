#include "services/profile/foreign.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "libs/base/status.h"
#include "libs/rpc/request_check.h"
#include "services/profile/cloud_event.h"
#include "services/profile/domain/validate.h"

namespace dangol::profile {
namespace {

using event::v1::Activity;
using event::v1::CustomerUpsert;
using event::v1::IngestEvent;

constexpr size_t kReasonBytesMax = 200;

absl::Status ParseJson(const std::string& data, google::protobuf::Message* message) {
  const auto status = google::protobuf::util::JsonStringToMessage(data, message);
  if (status.ok()) return absl::OkStatus();
  const std::string reason = Quote(std::string(status.message()), kReasonBytesMax);
  return BadField(
      "data", data,
      absl::StrCat("is no ", message->GetDescriptor()->full_name(), " in JSON: ", reason),
      "names and values are those of the proto file, in protobuf's JSON mapping");
}

absl::Status ParseData(bool json, const std::string& data, google::protobuf::Message* message) {
  if (json) return ParseJson(data, message);
  if (message->ParseFromString(data)) return absl::OkStatus();
  return BadField("data", data,
                  absl::StrCat("is no ", message->GetDescriptor()->full_name(), " in protobuf"),
                  "serialize it with this server's proto files");
}

google::protobuf::Message* MessageOf(const std::string& type, IngestEvent* event) {
  if (type == IngestEvent::descriptor()->full_name()) return event;
  if (type == Activity::descriptor()->full_name()) return event->mutable_activity();
  if (type == CustomerUpsert::descriptor()->full_name()) return event->mutable_upsert();
  return nullptr;
}

absl::Status UnknownType(const std::string& type) {
  const std::vector<std::string> known = {Activity::descriptor()->full_name(),
                                          CustomerUpsert::descriptor()->full_name(),
                                          IngestEvent::descriptor()->full_name()};
  const std::string nearest = Nearest(type, known);
  return BadField("type", type, "is not taken here",
                  nearest.empty() ? absl::StrCat("use ", known[0], ", ", known[1], " or ", known[2])
                                  : absl::StrCat("did you mean ", nearest, "?"));
}

template <typename Item>
void FillNames(const CloudEvent& from, Item* item) {
  if (item->message_id().empty()) item->set_message_id(from.id);
  if (item->source().empty()) item->set_source(from.source);
}

void FillIn(const CloudEvent& from, IngestEvent* event) {
  if (event->has_activity()) {
    Activity* activity = event->mutable_activity();
    FillNames(from, activity);
    if (activity->occurred_time_us() == 0) activity->set_occurred_time_us(from.time.value_or(0));
  } else if (event->has_upsert()) {
    CustomerUpsert* upsert = event->mutable_upsert();
    FillNames(from, upsert);
    if (upsert->observed_time_us() == 0) upsert->set_observed_time_us(from.time.value_or(0));
  }
}

absl::Status ToStatus(const MaybeProblem& problem) {
  return problem ? profile::ToStatus(*problem) : absl::OkStatus();
}

absl::Status Check(const UnitCheck& unit, Micros now, IngestEvent* event) {
  const Micros latest = now + kAheadMax;
  if (event->has_activity()) {
    DANGOL_RETURN_IF_ERROR(ToStatus(CheckActivity(event->activity(), latest)));
    return ToStatus(unit(event->activity().business_unit()));
  }
  if (!event->has_upsert()) {
    return BadField("kind", "", "is missing", "give an activity or an upsert");
  }
  CustomerUpsert* upsert = event->mutable_upsert();
  DANGOL_RETURN_IF_ERROR(rpc::CheckRequest(*upsert));
  DANGOL_RETURN_IF_ERROR(ToStatus(CheckUpsert(*upsert, latest)));
  if (upsert->observed_time_us() == 0) upsert->set_observed_time_us(now);
  return upsert->business_unit().empty() ? absl::OkStatus()
                                         : ToStatus(unit(upsert->business_unit()));
}

}  // namespace

absl::Status ReadForeign(const event::v1::ForeignRecord& record, const UnitCheck& unit, Micros now,
                         IngestEvent* event) {
  if (record.value().size() > kForeignBytesMax) {
    return BadField("body", record.value(), absl::StrCat("has ", record.value().size(), " bytes"),
                    absl::StrCat("use at most ", kForeignBytesMax));
  }
  if (!IsCloudEvent(record)) {
    if (!event->ParseFromString(record.value())) {
      return BadField("headers", "", "say nothing of this record, which is no IngestEvent",
                      "send a CloudEvent: headers ce_type, ce_id, ce_source, ce_specversion and "
                      "content-type");
    }
    return Check(unit, now, event);
  }
  DANGOL_ASSIGN_OR_RETURN(const CloudEvent from, ReadCloudEvent(record));
  google::protobuf::Message* message = MessageOf(from.type, event);
  if (message == nullptr) return UnknownType(from.type);
  DANGOL_RETURN_IF_ERROR(ParseData(from.json, from.data, message));
  FillIn(from, event);
  return Check(unit, now, event);
}

}  // namespace dangol::profile
