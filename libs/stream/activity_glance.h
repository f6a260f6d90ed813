// What most events of `customer` say, seen without parsing them: whose activities do not concern a
// service need not become messages first.
#pragma once

#include <optional>

#include "absl/strings/string_view.h"
#include "libs/base/types.h"

namespace dangol {

// Parts of an event.v1.CustomerEvent that is an activity; the views point into its bytes.
struct ActivityGlance {
  absl::string_view source;
  absl::string_view business_unit;
  Micros occurred_time_us = 0;
  bool reissued = false;
};

// nullopt: it is no activity, or not plainly one (bytes that are no message, fields in a form that
// no server writes): parse it. Bytes inside the activity's own parts are not looked at.
std::optional<ActivityGlance> GlanceAtActivity(absl::string_view customer_event);

}  // namespace dangol
