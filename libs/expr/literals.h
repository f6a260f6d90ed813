// From what was written to typed literals, tests and windows.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/expr/plan.h"

namespace dangol::expr {

// What a comparison needs to know of its left side.
struct Target {
  ValueType type = ValueType::kText;
  bool duration = false;  // recency
  std::string what;       // for errors: trait.age, sum(purchase.net)
};

absl::StatusOr<Test> CheckTest(absl::string_view text, const TestSyntax& syntax,
                               const Target& target, const Schema& schema);
absl::StatusOr<Window> CheckWindow(absl::string_view text, const WindowSyntax& syntax);
// The same, for a comparison with dates: >= 2026-01-01.
absl::StatusOr<Window> CheckDateTest(absl::string_view text, const TestSyntax& syntax,
                                     absl::string_view what);

}  // namespace dangol::expr
