// In the customer's scope: what is accepted of an event, and what the others learn of it.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "dangol/event/v1/contact.pb.h"
#include "dangol/event/v1/customer.pb.h"
#include "dangol/event/v1/ingest.pb.h"
#include "dangol/event/v1/response.pb.h"
#include "dangol/event/v1/segment.pb.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "dangol/profile/v1/state.pb.h"
#include "libs/stream/context.h"
#include "services/profile/sums.h"

namespace dangol::profile {

// What a processor keeps from one event to the next, to save time alone: nothing depends on it.
struct Workplace {
  Sums sums;
  v1::HistoryRecord history;
  v1::TimelineEntry entry;
  event::v1::CustomerEvent event;
};

// Clamps, deduplicates, publishes, notes in timeline and sums. `unit_currency`: of its business
// unit, or empty. Uses up `activity`. An error means a broken scope.
absl::Status AcceptActivity(CustomerId customer, absl::string_view unit_currency,
                            event::v1::Activity& activity, Workplace& at, Context& ctx);

// Merges facts and publishes what changed; claims its further identifiers. Observed times after
// `latest` (the scope's time, but for commands) count as `latest`.
absl::Status AcceptUpsert(CustomerId customer, const event::v1::CustomerUpsert& upsert,
                          Micros latest, Context& ctx);

// The timeline's other lines, and the stage shown.
void NoteContact(CustomerId customer, const event::v1::ContactEvent& contact, Context& ctx);
void NoteResponse(CustomerId customer, const event::v1::ResponseEvent& response, Context& ctx);
// Whether the serialized SegmentEvent may concern profile: most do not, and need not be parsed.
bool MayHoldStages(absl::string_view segment_event);
void NoteStages(CustomerId customer, const event::v1::SegmentEvent& segment, Context& ctx);

}  // namespace dangol::profile
