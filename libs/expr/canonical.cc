#include <cstdio>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/expr/currency.h"
#include "libs/expr/plan.h"

namespace dangol::expr {
namespace {

std::string Quoted(absl::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted + "\"";
}

std::string NumberText(double number) {
  std::string text = absl::StrCat(number);  // six digits
  if (std::stod(text) == number && !absl::StrContains(text, 'e')) return text;
  if (number == static_cast<double>(static_cast<int64_t>(number))) {
    return absl::StrCat(static_cast<int64_t>(number));
  }
  for (int precision = 7; precision <= 17; ++precision) {
    char buffer[64];
    snprintf(buffer, sizeof buffer, "%.*f", precision, number);
    text = buffer;
    if (std::stod(text) == number) break;
  }
  return text;
}

std::string LiteralText(const Literal& literal) {
  switch (literal.type) {
    case ValueType::kNumber:
      return NumberText(literal.number);
    case ValueType::kBoolean:
      return literal.boolean ? "TRUE" : "FALSE";
    case ValueType::kMoney:
      return FormatMoney(literal.minor, 1, literal.text);
    case ValueType::kTime:
      return ToString(literal.offset);
    default:
      return Quoted(literal.text);
  }
}

std::string TestText(const Test& test) {
  switch (test.op) {
    case Comparison::kKnown:
      return " IS KNOWN";
    case Comparison::kUnknown:
      return " IS UNKNOWN";
    case Comparison::kBetween:
      return absl::StrCat(" BETWEEN ", LiteralText(test.values[0]), " AND ",
                          LiteralText(test.values[1]));
    case Comparison::kIn:
    case Comparison::kNotIn:
      return absl::StrCat(test.op == Comparison::kIn ? " IN (" : " NOT IN (",
                          absl::StrJoin(test.values, ", ",
                                        [](std::string* out, const Literal& literal) {
                                          out->append(LiteralText(literal));
                                        }),
                          ")");
    default:
      break;
  }
  static constexpr const char* kOps[] = {"=", "!=", "<", "<=", ">", ">="};
  return absl::StrCat(" ", kOps[static_cast<int>(test.op)], " ", LiteralText(test.values[0]));
}

std::string DayText(absl::CivilDay day) { return absl::FormatCivilTime(day); }

std::string WindowText(const Window& window) {
  if (window.kind == Window::Kind::kRolling) {
    if (!window.to) return absl::StrCat(" IN LAST ", ToString(window.from));
    return absl::StrCat(" BETWEEN ", window.from.count, " AND ", ToString(*window.to), " AGO");
  }
  if (!window.end) return absl::StrCat(" SINCE ", DayText(*window.first));
  if (!window.first) return absl::StrCat(" BEFORE ", DayText(*window.end));
  if (*window.first + 1 == *window.end) return absl::StrCat(" ON ", DayText(*window.first));
  return absl::StrCat(" BETWEEN ", DayText(*window.first), " AND ", DayText(*window.end - 1));
}

// The part may hold characters that a name may not.
std::string PathPart(absl::string_view part) {
  for (const char c : part) {
    if (!absl::ascii_isalnum(c) && c != '_' && (static_cast<unsigned char>(c) & 0x80) == 0) {
      return Quoted(part);
    }
  }
  return part.empty() || absl::ascii_isdigit(part[0]) ? Quoted(part) : std::string(part);
}

std::string ActivityText(const Leaf& leaf, absl::string_view function) {
  absl::string_view kind = leaf.activity_kind;
  std::string source(kind);
  if (absl::StartsWith(kind, "event/")) {
    source = absl::StrCat("event(", Quoted(kind.substr(6)), ")");
  }
  return absl::StrCat(function, "(", source, leaf.name.empty() ? "" : ".",
                      leaf.name.empty() ? "" : PathPart(leaf.name), leaf.where ? " WHERE " : "",
                      leaf.where ? CanonicalText(*leaf.where) : "", ")");
}

std::string SubjectText(const Leaf& leaf) {
  switch (leaf.kind) {
    case Leaf::Kind::kTrait:
      return absl::StrCat("trait.", PathPart(leaf.name));
    case Leaf::Kind::kField:
      return leaf.name;
    case Leaf::Kind::kCount:
      return ActivityText(leaf, "count");
    case Leaf::Kind::kSum:
      return ActivityText(leaf, "sum");
    case Leaf::Kind::kAvg:
      return ActivityText(leaf, "avg");
    case Leaf::Kind::kFirst:
      return ActivityText(leaf, "first");
    case Leaf::Kind::kLast:
      return ActivityText(leaf, "last");
    case Leaf::Kind::kRecency:
      return ActivityText(leaf, "recency");
    case Leaf::Kind::kStage:
      return "stage";
    case Leaf::Kind::kSegment:
      return absl::StrCat("segment(", Quoted(leaf.name), ")");
    case Leaf::Kind::kConsent:
      return absl::StrCat("consent(", Quoted(leaf.name), ", ", Quoted(leaf.purpose), ")");
    case Leaf::Kind::kRfm:
      break;
  }
  return absl::StrCat("rfm(", Quoted(leaf.name), ")", leaf.component != 0 ? "." : "",
                      leaf.component != 0 ? std::string(1, leaf.component) : "");
}

std::string Wrapped(const Plan& plan, bool parentheses) {
  return parentheses ? absl::StrCat("(", CanonicalText(plan), ")") : CanonicalText(plan);
}

}  // namespace

void AddCanonicalText(Plan* plan) {
  for (Plan& child : plan->children) AddCanonicalText(&child);
  Leaf& leaf = plan->leaf;
  if (leaf.where != nullptr) AddCanonicalText(leaf.where.get());
  if (plan->kind != Syntax::Kind::kLeaf) return;
  leaf.text = absl::StrCat(SubjectText(leaf), leaf.window ? WindowText(*leaf.window) : "",
                           leaf.test ? TestText(*leaf.test) : "");
}

std::string CanonicalText(const Plan& plan) {
  using Kind = Syntax::Kind;
  if (plan.kind == Kind::kLeaf) return plan.leaf.text;
  if (plan.kind == Kind::kNot) {
    const Plan& child = plan.children[0];
    return absl::StrCat("NOT ", Wrapped(child, child.kind != Kind::kLeaf));
  }
  const bool conjunction = plan.kind == Kind::kAnd;
  return absl::StrJoin(plan.children, conjunction ? " AND " : " OR ",
                       [&](std::string* out, const Plan& child) {
                         out->append(Wrapped(child, conjunction && child.kind == Kind::kOr));
                       });
}

}  // namespace dangol::expr
