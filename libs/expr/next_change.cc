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
Micros NextFuture(const Leaf& leaf, const Context& context, absl::Span<const Activity> all) {
  if (all.empty() || all.back().time < context.now) return kNever;
  for (size_t i = FirstAtOrAfter(all, context.now); i < all.size(); ++i) {
    if (Matches(leaf, context.view, all[i])) return all[i].time + 1;
  }
  return kNever;
}

// When `offset` before now next passes one of `all` that matches, forwards, or backwards at a jump.
// `split`: the first of them that it has not passed.
Micros NextPassing(const Leaf& leaf, Offset offset, const Context& context,
                   absl::Span<const Activity> all, size_t split) {
  Micros next = kNever;
  for (size_t i = split; i < all.size(); ++i) {
    if (!Matches(leaf, context.view, all[i])) continue;
    next = NextCrossing(all[i].time, offset, context.now, context.zone);
    break;
  }
  if (offset.unit != TimeUnit::kMonths || split == 0) return next;
  const Micros slack = Before(context.now, offset, context.zone) - kEdgeSlack;
  for (size_t i = split; i > 0 && all[i - 1].time >= slack; --i) {
    if (!Matches(leaf, context.view, all[i - 1])) continue;
    next = std::min(next, NextCrossing(all[i - 1].time, offset, context.now, context.zone));
    break;
  }
  return next;
}

// The window is looked for once, for the value and for its edges.
Outlook OutlookOfAggregate(const Leaf& leaf, const Context& context) {
  const absl::Span<const Activity> in_window = InWindow(leaf, context);
  Outlook outlook{Holds(*leaf.test, Aggregate(leaf, context, in_window)), kNever};
  const absl::Span<const Activity> all = context.view.Activities(leaf.activity_kind);
  if (all.empty()) return outlook;
  outlook.until = NextFuture(leaf, context, all);
  if (!leaf.window || leaf.window->kind != Window::Kind::kRolling) return outlook;
  const size_t first = in_window.data() - all.data();
  outlook.until =
      std::min(outlook.until, NextPassing(leaf, leaf.window->from, context, all, first));
  if (leaf.window->to) {
    const size_t end = first + in_window.size();
    outlook.until = std::min(outlook.until, NextPassing(leaf, *leaf.window->to, context, all, end));
  }
  return outlook;
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

// Of the leaves that are no aggregates.
Micros NextLeafChange(const Leaf& leaf, const Context& context) {
  switch (leaf.kind) {
    case Leaf::Kind::kTrait: {
      const Value value = context.view.Trait(leaf.name);
      if (value.type != ValueType::kTime) return kNever;
      return NextOfInstant(value.time, leaf, context);
    }
    case Leaf::Kind::kFirst:
    case Leaf::Kind::kLast:
    case Leaf::Kind::kRecency: {
      const Micros future = NextFuture(leaf, context, context.view.Activities(leaf.activity_kind));
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
    default:
      return kNever;
  }
}

}  // namespace

Outlook LeafOutlook(const Leaf& leaf, const Context& context) {
  switch (leaf.kind) {
    case Leaf::Kind::kCount:
    case Leaf::Kind::kSum:
    case Leaf::Kind::kAvg:
      return OutlookOfAggregate(leaf, context);
    default:
      return {EvaluateLeaf(leaf, context), NextLeafChange(leaf, context)};
  }
}

// A child that decides keeps deciding until it changes: the others need not be asked.
Outlook PlanOutlook(const Plan& plan, const Context& context) {
  switch (plan.kind) {
    case Syntax::Kind::kAnd:
    case Syntax::Kind::kOr: {
      const bool deciding = plan.kind == Syntax::Kind::kOr;
      Outlook all{!deciding, kNever};
      for (const Plan& child : plan.children) {
        const Outlook one = PlanOutlook(child, context);
        if (one.result == deciding) return one;
        all.until = std::min(all.until, one.until);
      }
      return all;
    }
    case Syntax::Kind::kNot: {
      const Outlook negated = PlanOutlook(plan.children[0], context);
      return {!negated.result, negated.until};
    }
    case Syntax::Kind::kLeaf:
      break;
  }
  return LeafOutlook(plan.leaf, context);
}

}  // namespace dangol::expr
