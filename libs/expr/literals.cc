#include "libs/expr/literals.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/expr/currency.h"

namespace dangol::expr {
namespace {

constexpr size_t kDigitsMax = 16;
constexpr int64_t kOffsetDaysMax = 36'600;

const char* Describe(const LiteralSyntax& literal) {
  switch (literal.kind) {
    case LiteralSyntax::Kind::kText:
      return "a text";
    case LiteralSyntax::Kind::kDate:
      return "a date";
    case LiteralSyntax::Kind::kBoolean:
      return "TRUE or FALSE";
    case LiteralSyntax::Kind::kNumber:
      return literal.unit ? "an amount" : "a number";
  }
  return "";
}

const char* Describe(const Target& target) {
  if (target.duration) return "a duration such as 60 DAYS";
  switch (target.type) {
    case ValueType::kText:
      return "a text in double quotes";
    case ValueType::kNumber:
      return "a number";
    case ValueType::kBoolean:
      return "TRUE or FALSE";
    case ValueType::kTime:
      return "a date such as 2026-01-31";
    case ValueType::kMoney:
      return "an amount with its currency";
    case ValueType::kAbsent:
    case ValueType::kAny:
      break;
  }
  return "a value";
}

absl::StatusOr<absl::CivilDay> DayFrom(absl::string_view text, const LiteralSyntax& literal) {
  absl::CivilDay day;
  if (literal.kind != LiteralSyntax::Kind::kDate) {
    return ErrorAt(text, literal.range, "expected a date such as 2026-01-31");
  }
  if (!absl::ParseCivilTime(literal.text, &day) || absl::FormatCivilTime(day) != literal.text) {
    return ErrorAt(text, literal.range, "there is no such day");
  }
  return day;
}

absl::StatusOr<TimeUnit> UnitFrom(absl::string_view text, const Name& name) {
  static const auto* const units = new std::vector<std::pair<std::string, TimeUnit>>{
      {"HOURS", TimeUnit::kHours},   {"HOUR", TimeUnit::kHours},  {"DAYS", TimeUnit::kDays},
      {"DAY", TimeUnit::kDays},      {"WEEKS", TimeUnit::kWeeks}, {"WEEK", TimeUnit::kWeeks},
      {"MONTHS", TimeUnit::kMonths}, {"MONTH", TimeUnit::kMonths}};
  const std::string upper = absl::AsciiStrToUpper(name.text);
  std::vector<std::string> names;
  for (const auto& [known, unit] : *units) {
    if (known == upper) return unit;
    names.push_back(known);
  }
  std::string message = absl::StrCat("unknown unit of time ", Quote(name.text));
  const std::string nearest = Nearest(upper, names);
  absl::StrAppend(&message, nearest.empty() ? "; use HOURS, DAYS, WEEKS or MONTHS"
                                            : absl::StrCat("; did you mean \"", nearest, "\"?"));
  return ErrorAt(text, name.range, message);
}

absl::StatusOr<Offset> OffsetFrom(absl::string_view text, const LiteralSyntax& number,
                                  const Name& unit, int64_t least) {
  Offset offset;
  DANGOL_ASSIGN_OR_RETURN(offset.unit, UnitFrom(text, unit));
  if (!absl::SimpleAtoi(number.text, &offset.count) || offset.count < least) {
    return ErrorAt(text, number.range, absl::StrCat("expected a whole number of at least ", least));
  }
  static constexpr int64_t kMax[] = {kOffsetDaysMax * 24, kOffsetDaysMax, kOffsetDaysMax / 7, 1200};
  const int64_t most = kMax[static_cast<int>(offset.unit)];
  if (offset.count > most) {
    return ErrorAt(text, number.range, absl::StrCat("at most ", most, " is allowed here"));
  }
  return offset;
}

absl::Status CheckMoney(absl::string_view text, const LiteralSyntax& syntax, const Schema& schema,
                        Literal* literal) {
  if (!syntax.unit) {
    return ErrorAt(
        text, syntax.range,
        absl::StrCat("an amount needs its currency; write ", syntax.text, " ", schema.currency));
  }
  const std::string code = absl::AsciiStrToUpper(syntax.unit->text);
  const std::optional<int> decimals = CurrencyDecimals(code);
  if (!decimals) {
    return ErrorAt(text, syntax.unit->range,
                   absl::StrCat("unknown currency ", Quote(syntax.unit->text),
                                "; the business unit's is ", schema.currency));
  }
  if (code != schema.currency) {
    return ErrorAt(text, syntax.unit->range,
                   absl::StrCat("the business unit's currency is ", schema.currency, ", not ", code,
                                "; amounts of different currencies are not compared"));
  }
  const std::optional<int64_t> minor = ParseMinor(syntax.text, *decimals);
  if (!minor) {
    return ErrorAt(text, syntax.range,
                   absl::StrCat(code, " has ", *decimals,
                                " decimals and at "
                                "most 15 digits are allowed"));
  }
  literal->minor = *minor;
  literal->text = code;
  return absl::OkStatus();
}

absl::Status CheckNumber(absl::string_view text, const LiteralSyntax& syntax, const Target& target,
                         Literal* literal) {
  if (syntax.unit) {
    return ErrorAt(
        text, syntax.unit->range,
        absl::StrCat(target.what, " is a plain number; ", "leave out ", Quote(syntax.unit->text)));
  }
  if (syntax.text.size() > kDigitsMax || !absl::SimpleAtod(syntax.text, &literal->number)) {
    return ErrorAt(text, syntax.range, "at most 15 digits are allowed");
  }
  return absl::OkStatus();
}

absl::StatusOr<Literal> CheckLiteral(absl::string_view text, const LiteralSyntax& syntax,
                                     const Target& target, const Schema& schema) {
  using Kind = LiteralSyntax::Kind;
  Literal literal;
  literal.type = target.type;
  if (target.duration && syntax.kind == Kind::kNumber) {
    if (!syntax.unit) return ErrorAt(text, syntax.range, "a duration needs its unit, such as DAYS");
    DANGOL_ASSIGN_OR_RETURN(literal.offset, OffsetFrom(text, syntax, *syntax.unit, 0));
    return literal;
  }
  if (!target.duration && target.type == ValueType::kText && syntax.kind == Kind::kText) {
    literal.text = syntax.text;
    return literal;
  }
  if (target.type == ValueType::kBoolean && syntax.kind == Kind::kBoolean) {
    literal.boolean = syntax.text == "true";
    return literal;
  }
  if (target.type == ValueType::kMoney && syntax.kind == Kind::kNumber) {
    DANGOL_RETURN_IF_ERROR(CheckMoney(text, syntax, schema, &literal));
    return literal;
  }
  if (!target.duration && target.type == ValueType::kNumber && syntax.kind == Kind::kNumber) {
    DANGOL_RETURN_IF_ERROR(CheckNumber(text, syntax, target, &literal));
    return literal;
  }
  return ErrorAt(text, syntax.range,
                 absl::StrCat(target.what, " is compared with ", Describe(target), ", not ",
                              Describe(syntax)));
}

bool IsOrder(Comparison op) {
  return op == Comparison::kLt || op == Comparison::kLe || op == Comparison::kGt ||
         op == Comparison::kGe || op == Comparison::kBetween;
}

absl::Status CheckOp(absl::string_view text, const TestSyntax& syntax, const Target& target) {
  const bool list = syntax.op == Comparison::kIn || syntax.op == Comparison::kNotIn;
  if (target.type == ValueType::kText && !target.duration && IsOrder(syntax.op)) {
    return ErrorAt(text, syntax.range,
                   absl::StrCat(target.what, " is a text; texts have no order: use =, != or IN"));
  }
  if (target.type == ValueType::kBoolean && (IsOrder(syntax.op) || list)) {
    return ErrorAt(text, syntax.range, absl::StrCat(target.what, " is TRUE or FALSE; use = or !="));
  }
  const bool known = syntax.op == Comparison::kKnown || syntax.op == Comparison::kUnknown;
  if (target.duration && !IsOrder(syntax.op) && !known) {
    return ErrorAt(text, syntax.range,
                   absl::StrCat(target.what,
                                " is a duration to the microsecond; use <, <=, >, >= "
                                "or BETWEEN"));
  }
  if (list && syntax.values.size() > kListItemsMax) {
    return ErrorAt(text, syntax.range,
                   absl::StrCat("the list has ", syntax.values.size(), " items; at most ",
                                kListItemsMax, " are allowed"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Test> CheckTest(absl::string_view text, const TestSyntax& syntax,
                               const Target& target, const Schema& schema) {
  DANGOL_RETURN_IF_ERROR(CheckOp(text, syntax, target));
  Test test;
  test.op = syntax.op;
  for (const LiteralSyntax& value : syntax.values) {
    DANGOL_ASSIGN_OR_RETURN(Literal literal, CheckLiteral(text, value, target, schema));
    test.values.push_back(std::move(literal));
  }
  if (test.op == Comparison::kIn || test.op == Comparison::kNotIn) {
    std::sort(test.values.begin(), test.values.end());
  }
  if (test.op == Comparison::kBetween && !target.duration && test.values[1] < test.values[0]) {
    return ErrorAt(text, syntax.range, "nothing lies between these: the first is the greater");
  }
  return test;
}

absl::StatusOr<Window> CheckWindow(absl::string_view text, const WindowSyntax& syntax) {
  using Kind = WindowSyntax::Kind;
  Window window;
  if (syntax.kind == Kind::kLast) {
    DANGOL_ASSIGN_OR_RETURN(window.from, OffsetFrom(text, syntax.values[0], syntax.unit, 1));
    return window;
  }
  if (syntax.kind == Kind::kAgo) {
    DANGOL_ASSIGN_OR_RETURN(window.from, OffsetFrom(text, syntax.values[0], syntax.unit, 1));
    DANGOL_ASSIGN_OR_RETURN(window.to, OffsetFrom(text, syntax.values[1], syntax.unit, 0));
    if (window.from.count <= window.to->count) {
      return ErrorAt(text, syntax.range,
                     "the earlier end comes first, such as BETWEEN 6 AND 2 MONTHS AGO");
    }
    return window;
  }
  window.kind = Window::Kind::kCalendar;
  DANGOL_ASSIGN_OR_RETURN(const absl::CivilDay day, DayFrom(text, syntax.values[0]));
  if (syntax.kind == Kind::kDays) {
    DANGOL_ASSIGN_OR_RETURN(const absl::CivilDay last, DayFrom(text, syntax.values[1]));
    if (last < day) return ErrorAt(text, syntax.range, "the earlier day comes first");
    window.end = last + 1;
  }
  if (syntax.kind != Kind::kAfter && syntax.kind != Kind::kBefore) window.first = day;
  if (syntax.kind == Kind::kAfter) window.first = day + 1;
  if (syntax.kind == Kind::kBefore) window.end = day;
  if (syntax.kind == Kind::kOn) window.end = day + 1;
  return window;
}

absl::StatusOr<Window> CheckDateTest(absl::string_view text, const TestSyntax& syntax,
                                     absl::string_view what) {
  Window window;
  window.kind = Window::Kind::kCalendar;
  if (syntax.op == Comparison::kNe || syntax.op > Comparison::kGe) {
    return ErrorAt(text, syntax.range,
                   absl::StrCat(what,
                                " is an instant; use BEFORE, AFTER, SINCE, ON, IN LAST, "
                                "BETWEEN … AND …, or <, <=, =, >=, >"));
  }
  DANGOL_ASSIGN_OR_RETURN(const absl::CivilDay day, DayFrom(text, syntax.values[0]));
  if (syntax.op == Comparison::kEq || syntax.op == Comparison::kGe) window.first = day;
  if (syntax.op == Comparison::kGt) window.first = day + 1;
  if (syntax.op == Comparison::kLt) window.end = day;
  if (syntax.op == Comparison::kEq || syntax.op == Comparison::kLe) window.end = day + 1;
  return window;
}

}  // namespace dangol::expr
