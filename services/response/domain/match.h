// What an activity does to one exposure. Pure; times are the activity's own, so that the result
// does not depend on the order in which activities arrive.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/stats/moments.h"

namespace dangol {
namespace campaign::v1 {
class Campaign;
class Metric;
}  // namespace campaign::v1
namespace event::v1 {
class Activity;
}
namespace response::v1 {
class Exposure;
class SeenActivity;
}  // namespace response::v1
}  // namespace dangol

namespace dangol::response {

// What is kept of an activity. Kinds that no metric can name (deliveries, points…) have none: "".
v1::SeenActivity SeenOf(const event::v1::Activity& activity);

// Kind and every `where` condition. Fields: store, channel, source, treatment_code; any other name
// is a property of the event.
bool Matches(const campaign::v1::Metric& metric, const v1::SeenActivity& seen);

// The exposure's metric by index, before and after.
struct MetricChange {
  int metric = 0;
  stats::Observation before;
  stats::Observation after;
};

struct MatchResult {
  // A purchase, a return of a counted purchase, a metric's activity, or a direct response.
  bool relevant = false;
  bool within_window = false;
  bool direct = false;
  // The exposure's first order inside the window was this one.
  bool first_purchase = false;
  // The exposure had no direct response before.
  bool first_direct = false;
  // An amount in another currency stayed out of a SUM.
  bool foreign_currency = false;
  // What went into the exposure's values; in order of metric.
  std::vector<MetricChange> changes;
};

// Values a new exposure measures: one per metric of the campaign, zero.
void StartMetrics(const campaign::v1::Campaign& campaign, v1::Exposure* exposure);

// Applies `seen` to an exposure of the same business unit whose campaign is `campaign`.
// `currency` is the business unit's; empty: every amount counts. Outside
// [contact time, keep until) nothing happens; from the window's end on the result is late:
// relevant, not within the window, and no value changes. A return comes off where its order
// counted, once both have been seen, whichever comes first. Not idempotent.
MatchResult ApplyActivity(const campaign::v1::Campaign& campaign, absl::string_view currency,
                          const v1::SeenActivity& seen, v1::Exposure* exposure);

}  // namespace dangol::response
