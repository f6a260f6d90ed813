#include "libs/expr/compiled.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/calendar.h"
#include "libs/base/status.h"
#include "libs/expr/currency.h"
#include "libs/expr/evaluate.h"
#include "libs/expr/plan.h"

namespace dangol::expr {
namespace {

// Instants at which leaves changed and the result did not, before NextChange gives up looking.
constexpr int kStepsMax = 256;

// Walks the plan for every question; the reference that a faster evaluator must agree with.
class Interpreter : public Compiled {
 public:
  Interpreter(Checked checked, std::string currency)
      : checked_(std::move(checked)), currency_(std::move(currency)) {
    Collect(checked_.plan);
  }

  bool Evaluate(const CustomerView& view, Micros now, absl::TimeZone zone) const override {
    return EvaluatePlan(checked_.plan, {view, now, zone});
  }

  Outlook Look(const CustomerView& view, Micros now, absl::TimeZone zone) const override {
    const Outlook first = PlanOutlook(checked_.plan, {view, now, zone});
    Outlook last = first;
    for (int step = 0; step < kStepsMax && last.until != kNever; ++step) {
      const Micros at = last.until;
      last = PlanOutlook(checked_.plan, {view, at, zone});
      if (last.result != first.result || step == kStepsMax - 1) return {first.result, at};
    }
    return {first.result, last.until};
  }

  std::vector<LeafResult> Explain(const CustomerView& view, Micros now,
                                  absl::TimeZone zone) const override {
    const Context context{view, now, zone};
    std::vector<LeafResult> results;
    for (const Leaf* leaf : leaves_) {
      std::string storage;
      results.push_back({leaf->text, ValueText(*leaf, LeafValue(*leaf, context, &storage), context),
                         EvaluateLeaf(*leaf, context)});
    }
    return results;
  }

  const References& references() const override { return checked_.references; }
  const std::vector<std::string>& warnings() const override { return checked_.warnings; }
  const std::string& Canonical() const override { return checked_.canonical; }

 private:
  void Collect(const Plan& plan) {
    if (plan.kind == Syntax::Kind::kLeaf) leaves_.push_back(&plan.leaf);
    for (const Plan& child : plan.children) Collect(child);
  }

  std::string ValueText(const Leaf& leaf, const Value& value, const Context& context) const {
    if (leaf.kind == Leaf::Kind::kRecency && value.type == ValueType::kTime) {
      const Micros age = context.now - value.time;
      return absl::StrCat(age / kMicrosPerDay, "d ", age % kMicrosPerDay / kMicrosPerHour, "h");
    }
    switch (value.type) {
      case ValueType::kText:
        return std::string(value.text);
      case ValueType::kNumber:
        return absl::StrCat(value.number);
      case ValueType::kBoolean:
        return value.boolean ? "true" : "false";
      case ValueType::kTime:
        return FormatTime(value.time, context.zone);
      case ValueType::kMoney:
        return FormatMoney(value.minor, value.divisor, currency_);
      default:
        return "absent";
    }
  }

  const Checked checked_;
  const std::string currency_;
  std::vector<const Leaf*> leaves_;  // of checked_.plan, in the order of the text
};

}  // namespace

absl::StatusOr<std::unique_ptr<const Compiled>> Compile(absl::string_view text,
                                                        const Schema& schema) {
  DANGOL_ASSIGN_OR_RETURN(const Syntax syntax, Parse(text));
  DANGOL_ASSIGN_OR_RETURN(Checked checked, Check(text, syntax, schema));
  return std::make_unique<const Interpreter>(std::move(checked), schema.currency);
}

}  // namespace dangol::expr
