// When a leaf may change with no new activity. A leaf moves only where an edge (now, or an offset
// before now) passes an instant that it looks at; so it is enough to ask, for each edge, about the
// nearest matching activity on either side of it.
#include <algorithm>

#include "libs/expr/evaluate.h"

namespace dangol::expr {
namespace {

size_t FirstAtOrAfter(absl::Span<const Activity> all, Micros time) {
  return std::lower_bound(all.begin(), all.end(), time,
                          [](const Activity& a, Micros t) { return a.time < t; }) -
         all.begin();
}

// An activity dated in the future starts to count right after its time.
Micros NextFuture(const Leaf& leaf, const Context& context) {
  const absl::Span<const Activity> all = context.view.Activities(leaf.activity_kind);
  for (size_t i = FirstAtOrAfter(all, context.now); i < all.size(); ++i) {
    if (Matches(leaf, context.view, all[i])) return all[i].time + 1;
  }
  return kNever;
}

// When `offset` before now next passes a matching activity, forwards, or backwards at a jump.
Micros NextPassing(const Leaf& leaf, Offset offset, const Context& context) {
  const absl::Span<const Activity> all = context.view.Activities(leaf.activity_kind);
  if (all.empty()) return kNever;
  const Micros edge = Before(context.now, offset, context.zone);
  const size_t split = FirstAtOrAfter(all, edge);
  Micros next = kNever;
  for (size_t i = split; i < all.size(); ++i) {
    if (!Matches(leaf, context.view, all[i])) continue;
    next = NextCrossing(all[i].time, offset, context.now, context.zone);
    break;
  }
  if (offset.unit != TimeUnit::kMonths) return next;
  for (size_t i = split; i > 0 && all[i - 1].time >= edge - kEdgeSlack; --i) {
    if (!Matches(leaf, context.view, all[i - 1])) continue;
    next = std::min(next, NextCrossing(all[i - 1].time, offset, context.now, context.zone));
    break;
  }
  return next;
}

Micros NextOfAggregate(const Leaf& leaf, const Context& context) {
  Micros next = NextFuture(leaf, context);
  if (!leaf.window || leaf.window->kind != Window::Kind::kRolling) return next;
  next = std::min(next, NextPassing(leaf, leaf.window->from, context));
  if (leaf.window->to) next = std::min(next, NextPassing(leaf, *leaf.window->to, context));
  return next;
}

Micros NextOfInstant(Micros instant, const Leaf& leaf, const Context& context) {
  if (!leaf.window || leaf.window->kind != Window::Kind::kRolling) return kNever;
  const Micros next = NextCrossing(instant, leaf.window->from, context.now, context.zone);
  if (leaf.window->to) {
    return std::min(next, NextCrossing(instant, *leaf.window->to, context.now, context.zone));
  }
  return instant >= context.now ? std::min(next, instant + 1) : next;
}

Micros NextOfRecency(Micros last, const Leaf& leaf, const Context& context) {
  Micros next = kNever;
  for (const Literal& literal : leaf.test->values) {
    // `last - 1`: where >= and <= turn; they include the edge itself.
    next = std::min({next, NextCrossing(last, literal.offset, context.now, context.zone),
                     NextCrossing(last - 1, literal.offset, context.now, context.zone)});
  }
  return next;
}

}  // namespace

Micros NextLeafChange(const Leaf& leaf, const Context& context) {
  switch (leaf.kind) {
    case Leaf::Kind::kCount:
    case Leaf::Kind::kSum:
    case Leaf::Kind::kAvg:
      return NextOfAggregate(leaf, context);
    case Leaf::Kind::kTrait: {
      const Value value = context.view.Trait(leaf.name);
      if (value.type != ValueType::kTime) return kNever;
      return NextOfInstant(value.time, leaf, context);
    }
    case Leaf::Kind::kFirst:
    case Leaf::Kind::kLast:
    case Leaf::Kind::kRecency: {
      const Micros future = NextFuture(leaf, context);
      const std::optional<Micros> instant = InstantOf(leaf, context);
      if (!instant) return future;
      return std::min(future, leaf.kind == Leaf::Kind::kRecency
                                  ? NextOfRecency(*instant, leaf, context)
                                  : NextOfInstant(*instant, leaf, context));
    }
    case Leaf::Kind::kRfm:
      return std::max(context.now + 1,
                      context.view.Rfm(leaf.name, context.now, context.zone).until);
    case Leaf::Kind::kStage:
      return std::max(context.now + 1,
                      context.view.LifecycleStage(context.now, context.zone).until);
    case Leaf::Kind::kSegment:
    case Leaf::Kind::kConsent:
    case Leaf::Kind::kField:
      break;
  }
  return kNever;
}

}  // namespace dangol::expr
