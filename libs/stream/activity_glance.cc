#include "libs/stream/activity_glance.h"

#include "dangol/event/v1/customer.pb.h"
#include "libs/stream/event_parser.h"

namespace dangol {
namespace {

using event::v1::Activity;
using event::v1::CustomerEvent;
using Wire = FieldReader::Wire;

bool GlanceInside(absl::string_view activity, ActivityGlance* out) {
  FieldReader reader(activity);
  while (reader.Next()) {
    switch (reader.number()) {
      case Activity::kSourceFieldNumber:
        if (reader.wire() != Wire::kBytes) return false;
        out->source = reader.bytes();
        break;
      case Activity::kBusinessUnitFieldNumber:
        if (reader.wire() != Wire::kBytes) return false;
        out->business_unit = reader.bytes();
        break;
      case Activity::kOccurredTimeUsFieldNumber:
        if (reader.wire() != Wire::kVarint) return false;
        out->occurred_time_us = static_cast<Micros>(reader.varint());
        break;
      default:
        break;
    }
  }
  return reader.ok();
}

}  // namespace

std::optional<ActivityGlance> GlanceAtActivity(absl::string_view customer_event) {
  ActivityGlance glance;
  bool found = false;
  FieldReader reader(customer_event);
  while (reader.Next()) {
    const bool again = found;
    switch (reader.number()) {
      case CustomerEvent::kCustomerIdFieldNumber:
        break;
      case CustomerEvent::kActivityFieldNumber:
        found = reader.wire() == Wire::kBytes && !again && GlanceInside(reader.bytes(), &glance);
        if (!found) return std::nullopt;
        break;
      case CustomerEvent::kReissuedFieldNumber:
        if (reader.wire() != Wire::kVarint) return std::nullopt;
        glance.reissued = reader.varint() != 0;
        break;
      default:
        return std::nullopt;
    }
  }
  if (!reader.ok() || !found) return std::nullopt;
  return glance;
}

}  // namespace dangol
