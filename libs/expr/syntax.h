// The tree that the parser makes of a text: names and literals with their places, no types yet.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/expr/diagnostic.h"

namespace dangol::expr {

struct Name {
  std::string text;
  Range range;
};

struct LiteralSyntax {
  enum class Kind { kText, kNumber, kDate, kBoolean };
  Kind kind = Kind::kText;
  std::string text;          // unescaped text, digits, YYYY-MM-DD, or "true" / "false"
  std::optional<Name> unit;  // of a number: DAYS, KRW…
  Range range;
};

struct Syntax;

// name, name.part, name(…), name(…).part
struct TermSyntax {
  Name head;
  std::vector<Name> path;
  bool is_call = false;
  std::vector<LiteralSyntax> texts;    // segment("x"), consent("a", "b")
  std::unique_ptr<TermSyntax> source;  // count(<source> …)
  std::unique_ptr<Syntax> where;
  Range range;
};

struct WindowSyntax {
  enum class Kind { kLast, kAgo, kDays, kBefore, kAfter, kSince, kOn };
  Kind kind = Kind::kLast;
  std::vector<LiteralSyntax> values;  // one or two numbers or dates
  Name unit;                          // of kLast and kAgo
  Range range;
};

enum class Comparison { kEq, kNe, kLt, kLe, kGt, kGe, kIn, kNotIn, kBetween, kKnown, kUnknown };

struct TestSyntax {
  Comparison op = Comparison::kEq;
  std::vector<LiteralSyntax> values;
  Range range;
};

struct Syntax {
  enum class Kind { kAnd, kOr, kNot, kLeaf };
  Kind kind = Kind::kLeaf;
  std::vector<Syntax> children;  // of kAnd, kOr (two or more) and kNot (one)
  TermSyntax term;
  std::optional<WindowSyntax> window;
  std::optional<TestSyntax> test;
  Range range;
};

inline constexpr size_t kExpressionBytesMax = 64 << 10;
inline constexpr int kNestingMax = 64;
inline constexpr size_t kListItemsMax = 10'000;

// INVALID_ARGUMENT with a picture (ErrorAt) for what is not an expression or exceeds a limit.
// Stack use is bounded by kNestingMax. Thread-safe.
absl::StatusOr<Syntax> Parse(absl::string_view text);

}  // namespace dangol::expr
