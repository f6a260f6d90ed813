// The typed tree that the interpreter walks.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "libs/expr/compiled.h"
#include "libs/expr/schema.h"
#include "libs/expr/syntax.h"
#include "libs/expr/window.h"

namespace dangol::expr {

struct Literal {
  ValueType type = ValueType::kText;
  std::string text;  // of money: the currency
  double number = 0;
  int64_t minor = 0;
  bool boolean = false;
  absl::CivilDay day;
  Offset offset;  // of a recency

  friend bool operator<(const Literal& a, const Literal& b) {
    if (a.text != b.text) return a.text < b.text;
    if (a.number != b.number) return a.number < b.number;
    return a.minor < b.minor;
  }
};

struct Test {
  Comparison op = Comparison::kEq;
  std::vector<Literal> values;  // kIn, kNotIn: sorted; kBetween: two; kKnown, kUnknown: none
};

struct Window {
  enum class Kind {
    kRolling,   // [now - from, now - to)
    kCalendar,  // [start of first, start of end): days in the zone; either may be open
  };
  Kind kind = Kind::kRolling;
  Offset from;
  std::optional<Offset> to;  // none: now
  std::optional<absl::CivilDay> first;
  std::optional<absl::CivilDay> end;
};

struct Plan;

struct Leaf {
  enum class Kind {
    kTrait,  // name
    kField,  // field, name: inside WHERE
    kCount,  // activity_kind, where, window
    kSum,    // … and field
    kAvg,
    kFirst,  // activity_kind, where; window tests the instant
    kLast,
    kRecency,  // now - last
    kRfm,      // name is the scheme; component 'r', 'f', 'm' or 0 for "R3F2M1"
    kStage,
    kSegment,  // name
    kConsent,  // name is the channel, purpose
  };
  Kind kind = Kind::kTrait;
  std::string name;
  std::string purpose;
  char component = 0;
  FieldSpec field;
  std::string activity_kind;
  std::unique_ptr<Plan> where;
  std::optional<Window> window;
  std::optional<Test> test;
  std::string text;  // canonical
};

struct Plan {
  Syntax::Kind kind = Syntax::Kind::kLeaf;
  std::vector<Plan> children;
  Leaf leaf;
};

// The result of checking a text against a schema.
struct Checked {
  Plan plan;
  References references;
  std::vector<std::string> warnings;
  std::string canonical;
};

absl::StatusOr<Checked> Check(absl::string_view text, const Syntax& syntax, const Schema& schema);

// Fills Leaf::text of every leaf, filters included.
void AddCanonicalText(Plan* plan);
std::string CanonicalText(const Plan& plan);

}  // namespace dangol::expr
