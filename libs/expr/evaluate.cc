#include "libs/expr/evaluate.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "libs/base/calendar.h"

namespace dangol::expr {
namespace {

constexpr Micros kBeginning = std::numeric_limits<Micros>::min();

// Negative, zero or positive; the types are equal.
int Compare(const Value& value, const Literal& literal) {
  switch (value.type) {
    case ValueType::kText:
      return value.text.compare(literal.text);
    case ValueType::kNumber:
      return value.number < literal.number ? -1 : value.number > literal.number ? 1 : 0;
    case ValueType::kBoolean:
      return value.boolean - literal.boolean;
    case ValueType::kMoney: {
      const absl::int128 right = absl::int128(literal.minor) * value.divisor;
      return value.minor < right ? -1 : value.minor > right ? 1 : 0;
    }
    default:
      return 0;
  }
}

bool InList(const Test& test, const Value& value) {
  const auto found = std::lower_bound(
      test.values.begin(), test.values.end(), value,
      [](const Literal& literal, const Value& v) { return Compare(v, literal) > 0; });
  return found != test.values.end() && Compare(value, *found) == 0;
}

// now - last against durations, as last against the instants these lie before now.
bool HoldsRecency(const Test& test, Micros last, const Context& context) {
  if (test.values.empty()) return test.op == Comparison::kKnown;
  const Micros edge = Before(context.now, test.values[0].offset, context.zone);
  switch (test.op) {
    case Comparison::kGt:
      return last < edge;
    case Comparison::kGe:
      return last <= edge;
    case Comparison::kLt:
      return last > edge;
    case Comparison::kLe:
      return last >= edge;
    default:
      break;
  }
  return last <= edge && last >= Before(context.now, test.values[1].offset, context.zone);
}

Value TextValue(const CustomerView& view, TextId id) {
  return id == 0 ? Value() : Value::Text(view.Text(id));
}

Value FieldValue(const Leaf& leaf, const CustomerView& view, const Activity& activity) {
  switch (leaf.field.slot) {
    case FieldSlot::kGross:
      return Value::Money(activity.gross);
    case FieldSlot::kNet:
      return Value::Money(activity.net);
    case FieldSlot::kDiscount:
      return Value::Money(activity.discount);
    case FieldSlot::kPointsUsed:
      return Value::Number(static_cast<double>(activity.points_used));
    case FieldSlot::kQuantity:
      return Value::Number(activity.quantity);
    case FieldSlot::kStore:
      return TextValue(view, activity.store);
    case FieldSlot::kChannel:
      return TextValue(view, activity.channel);
    case FieldSlot::kBusinessUnit:
      return TextValue(view, activity.business_unit);
    case FieldSlot::kBrand:
      return TextValue(view, activity.brand);
    case FieldSlot::kCategory:
      return TextValue(view, activity.category);
    case FieldSlot::kSku:
      return TextValue(view, activity.sku);
    case FieldSlot::kSource:
      return TextValue(view, activity.source);
    case FieldSlot::kAttribute:
      break;
  }
  return view.Attribute(activity, leaf.name);
}

bool MatchesPlan(const Plan& plan, const CustomerView& view, const Activity& activity) {
  const auto matches = [&](const Plan& child) { return MatchesPlan(child, view, activity); };
  switch (plan.kind) {
    case Syntax::Kind::kAnd:
      return std::all_of(plan.children.begin(), plan.children.end(), matches);
    case Syntax::Kind::kOr:
      return std::any_of(plan.children.begin(), plan.children.end(), matches);
    case Syntax::Kind::kNot:
      return !matches(plan.children[0]);
    case Syntax::Kind::kLeaf:
      break;
  }
  return Holds(*plan.leaf.test, FieldValue(plan.leaf, view, activity));
}

bool Earlier(const Activity& activity, Micros time) { return activity.time < time; }

Value RfmValue(const Leaf& leaf, const Context& context, std::string* storage) {
  const RfmClass rfm = context.view.Rfm(leaf.name, context.now, context.zone);
  if (leaf.component == 0) {
    if (rfm.r == 0 || rfm.f == 0 || rfm.m == 0) return Value();
    *storage = absl::StrCat("R", rfm.r, "F", rfm.f, "M", rfm.m);
    return Value::Text(*storage);
  }
  const int part = leaf.component == 'r' ? rfm.r : leaf.component == 'f' ? rfm.f : rfm.m;
  return part == 0 ? Value() : Value::Number(part);
}

}  // namespace

bool Holds(const Test& test, const Value& value) {
  if (test.op == Comparison::kKnown) return value.type != ValueType::kAbsent;
  if (test.op == Comparison::kUnknown) return value.type == ValueType::kAbsent;
  // Absent, or a trait that changed its type: nothing to compare.
  if (test.values.empty() || value.type != test.values[0].type) return false;
  switch (test.op) {
    case Comparison::kEq:
      return Compare(value, test.values[0]) == 0;
    case Comparison::kNe:
      return Compare(value, test.values[0]) != 0;
    case Comparison::kLt:
      return Compare(value, test.values[0]) < 0;
    case Comparison::kLe:
      return Compare(value, test.values[0]) <= 0;
    case Comparison::kGt:
      return Compare(value, test.values[0]) > 0;
    case Comparison::kGe:
      return Compare(value, test.values[0]) >= 0;
    case Comparison::kIn:
      return InList(test, value);
    case Comparison::kNotIn:
      return !InList(test, value);
    default:
      return Compare(value, test.values[0]) >= 0 && Compare(value, test.values[1]) <= 0;
  }
}

bool Matches(const Leaf& leaf, const CustomerView& view, const Activity& activity) {
  return leaf.where == nullptr || MatchesPlan(*leaf.where, view, activity);
}

std::pair<Micros, Micros> Bounds(const Window& window, Micros now, absl::TimeZone zone) {
  if (window.kind == Window::Kind::kRolling) {
    return {Before(now, window.from, zone), window.to ? Before(now, *window.to, zone) : now};
  }
  return {window.first ? StartOfDay(*window.first, zone) : kBeginning,
          window.end ? StartOfDay(*window.end, zone) : kNever};
}

absl::Span<const Activity> InWindow(const Leaf& leaf, const Context& context) {
  const absl::Span<const Activity> all = context.view.Activities(leaf.activity_kind);
  if (all.empty()) return all;
  Micros from = kBeginning;
  Micros to = context.now;
  if (leaf.window) {
    const auto bounds = Bounds(*leaf.window, context.now, context.zone);
    from = bounds.first;
    to = std::min(to, bounds.second);
  }
  const auto begin = std::lower_bound(all.begin(), all.end(), from, Earlier);
  const auto end = std::lower_bound(begin, all.end(), to, Earlier);
  return absl::MakeConstSpan(all.data() + (begin - all.begin()), end - begin);
}

Value Aggregate(const Leaf& leaf, const Context& context, absl::Span<const Activity> in_window) {
  if (leaf.kind == Leaf::Kind::kCount && leaf.where == nullptr) {
    return Value::Number(static_cast<double>(in_window.size()));
  }
  int64_t count = 0;
  absl::int128 minor = 0;
  double number = 0;
  for (const Activity& activity : in_window) {
    if (!Matches(leaf, context.view, activity)) continue;
    if (leaf.kind != Leaf::Kind::kCount) {
      const Value value = FieldValue(leaf, context.view, activity);
      if (value.type != leaf.field.type) continue;
      minor += value.minor;
      number += value.number;
    }
    ++count;
  }
  if (leaf.kind == Leaf::Kind::kCount) return Value::Number(static_cast<double>(count));
  const bool money = leaf.field.type == ValueType::kMoney;
  if (leaf.kind == Leaf::Kind::kSum) return money ? Value::Money(minor) : Value::Number(number);
  if (count == 0) return Value();  // the mean of nothing
  return money ? Value::Money(minor, count) : Value::Number(number / static_cast<double>(count));
}

std::optional<Micros> InstantOf(const Leaf& leaf, const Context& context) {
  const absl::Span<const Activity> all = context.view.Activities(leaf.activity_kind);
  const size_t past = std::lower_bound(all.begin(), all.end(), context.now, Earlier) - all.begin();
  for (size_t i = 0; i < past; ++i) {
    const Activity& activity = leaf.kind == Leaf::Kind::kFirst ? all[i] : all[past - 1 - i];
    if (Matches(leaf, context.view, activity)) return activity.time;
  }
  return std::nullopt;
}

Value LeafValue(const Leaf& leaf, const Context& context, std::string* storage) {
  switch (leaf.kind) {
    case Leaf::Kind::kTrait:
      return context.view.Trait(leaf.name);
    case Leaf::Kind::kCount:
    case Leaf::Kind::kSum:
    case Leaf::Kind::kAvg:
      return Aggregate(leaf, context, InWindow(leaf, context));
    case Leaf::Kind::kFirst:
    case Leaf::Kind::kLast:
    case Leaf::Kind::kRecency: {
      const std::optional<Micros> instant = InstantOf(leaf, context);
      return instant ? Value::Time(*instant) : Value();
    }
    case Leaf::Kind::kRfm:
      return RfmValue(leaf, context, storage);
    case Leaf::Kind::kStage: {
      const absl::string_view stage = context.view.LifecycleStage(context.now, context.zone).name;
      return stage.empty() ? Value() : Value::Text(stage);
    }
    case Leaf::Kind::kSegment:
      return Value::Boolean(context.view.IsMember(leaf.name));
    case Leaf::Kind::kConsent:
      return Value::Boolean(context.view.HasConsent(leaf.name, leaf.purpose));
    case Leaf::Kind::kField:
      break;
  }
  return Value();
}

bool EvaluateLeaf(const Leaf& leaf, const Context& context) {
  std::string storage;
  const Value value = LeafValue(leaf, context, &storage);
  if (leaf.kind == Leaf::Kind::kSegment || leaf.kind == Leaf::Kind::kConsent) return value.boolean;
  const bool aggregate = leaf.kind == Leaf::Kind::kCount || leaf.kind == Leaf::Kind::kSum ||
                         leaf.kind == Leaf::Kind::kAvg;
  if (leaf.window && !aggregate) {
    if (value.type != ValueType::kTime) return false;
    const auto bounds = Bounds(*leaf.window, context.now, context.zone);
    return value.time >= bounds.first && value.time < bounds.second;
  }
  if (leaf.kind == Leaf::Kind::kRecency && value.type == ValueType::kTime) {
    return HoldsRecency(*leaf.test, value.time, context);
  }
  return Holds(*leaf.test, value);
}

bool EvaluatePlan(const Plan& plan, const Context& context) {
  const auto holds = [&](const Plan& child) { return EvaluatePlan(child, context); };
  switch (plan.kind) {
    case Syntax::Kind::kAnd:
      return std::all_of(plan.children.begin(), plan.children.end(), holds);
    case Syntax::Kind::kOr:
      return std::any_of(plan.children.begin(), plan.children.end(), holds);
    case Syntax::Kind::kNot:
      return !holds(plan.children[0]);
    case Syntax::Kind::kLeaf:
      break;
  }
  return EvaluateLeaf(plan.leaf, context);
}

}  // namespace dangol::expr
