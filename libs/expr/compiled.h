// The segment language's public face: compile a text against a schema, then evaluate, explain and
// schedule it. The evaluator stands behind the interface Compiled, so that a faster one can replace
// the interpreter without a change for its users. docs/segment-language.md is the reference.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/base/types.h"
#include "libs/expr/customer_view.h"
#include "libs/expr/schema.h"

namespace dangol::expr {

// What an expression reads: whoever keeps memberships current evaluates it again when one of these
// changes, and refuses cycles through `segments`.
struct References {
  std::set<std::string> traits;
  std::set<std::string> kinds;  // as CustomerView::Activities takes them
  std::set<std::string> segments;
  std::set<std::string> rfm_schemes;
  bool stage = false;
  bool consent = false;
};

// One condition of an expression, for a person who asks "why?".
struct LeafResult {
  std::string text;   // canonical, e.g. count(purchase) IN LAST 90 DAYS >= 3
  std::string value;  // what was found, e.g. 2; "absent" when there is nothing to compare
  bool result = false;
};

// A result, and the first instant at which it may be another with no new activity and no other
// change to the view; kNever if there is none.
struct Outlook {
  bool result = false;
  Micros until = kNever;
};

// A compiled expression. Immutable; thread-safe.
class Compiled {
 public:
  virtual ~Compiled() = default;

  // Pure. A comparison with an absent value is false (also !=), and NOT only negates. An activity
  // counts when it occurred before `now`.
  virtual bool Evaluate(const CustomerView& view, Micros now, absl::TimeZone zone) const = 0;

  // Evaluate at `now`, and until when it stands. Never later than the real change: the result is
  // the same at every instant in [now, until). At `until` it differs, except after 256 instants at
  // which conditions changed and the result did not: then the last of these is returned, and the
  // caller evaluates and asks again, as it does at every `until`.
  virtual Outlook Look(const CustomerView& view, Micros now, absl::TimeZone zone) const = 0;
  Micros NextChange(const CustomerView& view, Micros now, absl::TimeZone zone) const {
    return Look(view, now, zone).until;
  }

  // Every leaf in the order of the text, also those that did not decide the result.
  virtual std::vector<LeafResult> Explain(const CustomerView& view, Micros now,
                                          absl::TimeZone zone) const = 0;

  virtual const References& references() const = 0;
  // Names the schema did not know but allowed.
  virtual const std::vector<std::string>& warnings() const = 0;
  // One spelling for all texts that differ only in case of keywords, spaces and parentheses.
  // Compiles to itself.
  virtual const std::string& Canonical() const = 0;
};

// INVALID_ARGUMENT, reason BAD_EXPRESSION, with line, column, a picture and the nearest name.
absl::StatusOr<std::unique_ptr<const Compiled>> Compile(absl::string_view text,
                                                        const Schema& schema);

}  // namespace dangol::expr
