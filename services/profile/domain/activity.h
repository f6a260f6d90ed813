// An activity's kind, amounts and identity.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "libs/base/types.h"

namespace dangol::event::v1 {
class Activity;
}
namespace dangol::profile::v1 {
class TimelineEntry;
}

namespace dangol::profile {

// "purchase", "web_event", …; the words of statistics and the timeline.
absl::string_view KindName(const event::v1::Activity& activity);

// Purchases and returns: deduplicated for ever.
bool IsOrder(const event::v1::Activity& activity);

// Names an order among those of one customer: (kind, source, external_id or message_id).
uint64_t OrderHash(const event::v1::Activity& activity);
// Of every other kind: (source, message_id).
uint64_t RecentHash(const event::v1::Activity& activity);

// Fills in what may be left out: the currency of `unit_currency` where none is given, the quantity
// of the lines. Clears the identifiers.
void Complete(absl::string_view unit_currency, Micros now, event::v1::Activity* activity);

// The activity's line in the timeline.
void FillTimeline(const event::v1::Activity& activity, v1::TimelineEntry* entry);
// The other way: what a line tells of the activity. False: it is no activity's line.
bool FromTimeline(const v1::TimelineEntry& entry, event::v1::Activity* activity);

}  // namespace dangol::profile
