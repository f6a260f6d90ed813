// Evaluation of a plan at one instant.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "libs/expr/customer_view.h"
#include "libs/expr/plan.h"

namespace dangol::expr {

struct Context {
  const CustomerView& view;
  Micros now;
  absl::TimeZone zone;
};

// The comparison alone. False of a value that is absent, unless that is what is asked.
bool Holds(const Test& test, const Value& value);

// WHERE: true for every activity when there is no filter.
bool Matches(const Leaf& leaf, const CustomerView& view, const Activity& activity);

// [first, second) of a window at `now`; the ends of time where it is open.
std::pair<Micros, Micros> Bounds(const Window& window, Micros now, absl::TimeZone zone);

// Of kFirst, kLast and kRecency: the activity before now that the leaf speaks of.
std::optional<Micros> InstantOf(const Leaf& leaf, const Context& context);

// What the leaf compares: of an instant its time. Absent where there is none.
Value LeafValue(const Leaf& leaf, const Context& context, std::string* storage);

bool EvaluateLeaf(const Leaf& leaf, const Context& context);
bool EvaluatePlan(const Plan& plan, const Context& context);

// Of kCount, kSum and kAvg: the activities in the window, filtered or not.
absl::Span<const Activity> InWindow(const Leaf& leaf, const Context& context);

// What the leaf makes of them.
Value Aggregate(const Leaf& leaf, const Context& context, absl::Span<const Activity> in_window);

// The result and the next instant after now at which it may differ; kNever if none.
Outlook LeafOutlook(const Leaf& leaf, const Context& context);
Outlook PlanOutlook(const Plan& plan, const Context& context);

}  // namespace dangol::expr
