#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/status.h"
#include "libs/expr/evaluate.h"
#include "libs/expr/literals.h"
#include "libs/expr/plan.h"

namespace dangol::expr {
namespace {

using LeafKind = Leaf::Kind;

const std::vector<std::string>& Functions() {
  static const auto* const functions =
      new std::vector<std::string>{"trait",   "count", "sum",   "avg",     "first",  "last",
                                   "recency", "rfm",   "stage", "segment", "consent"};
  return *functions;
}

template <typename Map>
std::vector<std::string> KeysOf(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

class Checker {
 public:
  Checker(absl::string_view text, const Schema& schema) : text_(text), schema_(schema) {}

  absl::StatusOr<Plan> Tree(const Syntax& syntax, const KindSpec* fields) {
    Plan plan;
    plan.kind = syntax.kind;
    if (syntax.kind == Syntax::Kind::kLeaf) {
      if (fields != nullptr) {
        DANGOL_ASSIGN_OR_RETURN(plan.leaf, FieldLeaf(syntax, *fields));
      } else {
        DANGOL_ASSIGN_OR_RETURN(plan.leaf, CustomerLeaf(syntax));
      }
      return plan;
    }
    for (const Syntax& child : syntax.children) {
      DANGOL_ASSIGN_OR_RETURN(Plan part, Tree(child, fields));
      plan.children.push_back(std::move(part));
    }
    return plan;
  }

  References references;
  std::vector<std::string> warnings;

 private:
  absl::Status Error(Range range, absl::string_view message) const {
    return ErrorAt(text_, range, message);
  }

  void Warn(std::string warning) {
    if (std::find(warnings.begin(), warnings.end(), warning) == warnings.end()) {
      warnings.push_back(std::move(warning));
    }
  }

  std::string Source(Range range) const {
    return std::string(text_.substr(range.begin, range.end - range.begin));
  }

  absl::StatusOr<Leaf> CustomerLeaf(const Syntax& syntax);
  absl::StatusOr<Leaf> FieldLeaf(const Syntax& syntax, const KindSpec& kind);
  absl::StatusOr<Leaf> TraitLeaf(const Syntax& syntax);
  absl::StatusOr<Leaf> AggregateLeaf(const Syntax& syntax, LeafKind kind);
  absl::StatusOr<Leaf> InstantLeaf(const Syntax& syntax, LeafKind kind);
  absl::StatusOr<Leaf> RecencyLeaf(const Syntax& syntax);
  absl::StatusOr<Leaf> RfmLeaf(const Syntax& syntax);
  absl::StatusOr<Leaf> StageLeaf(const Syntax& syntax);
  absl::StatusOr<Leaf> SegmentLeaf(const Syntax& syntax);
  absl::StatusOr<Leaf> ConsentLeaf(const Syntax& syntax);

  absl::StatusOr<const KindSpec*> ActivityKind(const TermSyntax& term, Leaf* leaf);
  absl::StatusOr<FieldSpec> Field(const Name& name, const KindSpec& kind, const Leaf& leaf);
  absl::Status Where(const TermSyntax& term, const KindSpec& kind, Leaf* leaf);
  absl::Status Instant(const Syntax& syntax, absl::string_view what, Leaf* leaf);
  absl::Status RequireTest(const Syntax& syntax, const Target& target, Leaf* leaf);
  absl::Status NoWindow(const Syntax& syntax) const;
  absl::Status NoTest(const Syntax& syntax) const;
  absl::Status NoPath(const TermSyntax& term, size_t allowed = 0) const;
  absl::Status Texts(const TermSyntax& term, size_t count, absl::string_view example) const;
  absl::Status OneOf(const std::vector<std::string>& known, absl::string_view what,
                     const LiteralSyntax& given) const;
  absl::Status RfmText(const LiteralSyntax& given, const RfmSpec& spec) const;
  void WarnOfClasses(const Leaf& leaf, const RfmSpec& spec, absl::string_view source);

  absl::string_view text_;
  const Schema& schema_;
  std::string where_kind_;  // the kind whose fields WHERE is reading
};

absl::Status Checker::NoWindow(const Syntax& syntax) const {
  if (!syntax.window) return absl::OkStatus();
  return Error(syntax.window->range,
               "a window of time belongs after count, sum, avg, first, last "
               "or a trait that is a date");
}

absl::Status Checker::NoTest(const Syntax& syntax) const {
  if (!syntax.test) return absl::OkStatus();
  return Error(syntax.test->range, absl::StrCat(Source(syntax.term.range),
                                                " is true or false by itself; use NOT to negate "
                                                "it"));
}

absl::Status Checker::NoPath(const TermSyntax& term, size_t allowed) const {
  if (term.path.size() <= allowed) return absl::OkStatus();
  return Error(term.path[allowed].range, absl::StrCat(Quote(term.head.text), " has no part ",
                                                      Quote(term.path[allowed].text)));
}

absl::Status Checker::Texts(const TermSyntax& term, size_t count, absl::string_view example) const {
  if (term.is_call && term.source == nullptr && term.texts.size() == count) {
    return absl::OkStatus();
  }
  return Error(term.range, absl::StrCat("write it like ", example));
}

absl::Status Checker::OneOf(const std::vector<std::string>& known, absl::string_view what,
                            const LiteralSyntax& given) const {
  if (known.empty() || given.kind != LiteralSyntax::Kind::kText) return absl::OkStatus();
  if (std::find(known.begin(), known.end(), given.text) != known.end()) return absl::OkStatus();
  return Error(given.range, Unknown(what, given.text, known));
}

absl::Status Checker::RequireTest(const Syntax& syntax, const Target& target, Leaf* leaf) {
  if (!syntax.test) {
    return Error(syntax.range, absl::StrCat("compare ", target.what, " with something"));
  }
  DANGOL_ASSIGN_OR_RETURN(leaf->test, CheckTest(text_, *syntax.test, target, schema_));
  return absl::OkStatus();
}

absl::StatusOr<Leaf> Checker::CustomerLeaf(const Syntax& syntax) {
  const std::string head = absl::AsciiStrToLower(syntax.term.head.text);
  if (head == "trait") return TraitLeaf(syntax);
  if (head == "count") return AggregateLeaf(syntax, LeafKind::kCount);
  if (head == "sum") return AggregateLeaf(syntax, LeafKind::kSum);
  if (head == "avg") return AggregateLeaf(syntax, LeafKind::kAvg);
  if (head == "first") return InstantLeaf(syntax, LeafKind::kFirst);
  if (head == "last") return InstantLeaf(syntax, LeafKind::kLast);
  if (head == "recency") return RecencyLeaf(syntax);
  if (head == "rfm") return RfmLeaf(syntax);
  if (head == "stage") return StageLeaf(syntax);
  if (head == "segment") return SegmentLeaf(syntax);
  if (head == "consent") return ConsentLeaf(syntax);
  const char* what = syntax.term.is_call ? "function" : "name";
  std::string message = Unknown(what, syntax.term.head.text, Functions());
  if (schema_.traits.count(syntax.term.head.text) > 0) {
    message = absl::StrCat("unknown name ", Quote(syntax.term.head.text), "; did you mean \"trait.",
                           syntax.term.head.text, "\"?");
  }
  return Error(syntax.term.head.range, message);
}

absl::StatusOr<Leaf> Checker::TraitLeaf(const Syntax& syntax) {
  const TermSyntax& term = syntax.term;
  if (term.is_call || term.path.empty()) {
    return Error(term.range, "write a trait like trait.city");
  }
  Leaf leaf;
  leaf.kind = LeafKind::kTrait;
  leaf.name = absl::StrJoin(term.path, ".",
                            [](std::string* out, const Name& part) { out->append(part.text); });
  const Range range{term.path.front().range.begin, term.path.back().range.end};
  Target target{ValueType::kAny, false, Source(term.range)};
  if (const auto known = schema_.traits.find(leaf.name); known != schema_.traits.end()) {
    target.type = known->second;
  } else if (schema_.open_traits) {
    if (!schema_.traits.empty()) Warn(Unknown("trait", leaf.name, KeysOf(schema_.traits)));
  } else {
    return Error(range, Unknown("trait", leaf.name, KeysOf(schema_.traits)));
  }
  references.traits.insert(leaf.name);
  if (target.type == ValueType::kAny && syntax.test && !syntax.test->values.empty()) {
    using Kind = LiteralSyntax::Kind;
    const Kind kind = syntax.test->values[0].kind;
    target.type = kind == Kind::kText      ? ValueType::kText
                  : kind == Kind::kNumber  ? ValueType::kNumber
                  : kind == Kind::kBoolean ? ValueType::kBoolean
                                           : ValueType::kTime;
  }
  if (target.type == ValueType::kTime || (target.type == ValueType::kAny && syntax.window)) {
    DANGOL_RETURN_IF_ERROR(Instant(syntax, target.what, &leaf));
    return leaf;
  }
  DANGOL_RETURN_IF_ERROR(NoWindow(syntax));
  DANGOL_RETURN_IF_ERROR(RequireTest(syntax, target, &leaf));
  return leaf;
}

// A window or a comparison with dates, or IS KNOWN.
absl::Status Checker::Instant(const Syntax& syntax, absl::string_view what, Leaf* leaf) {
  if (syntax.window && syntax.test) {
    return Error(syntax.test->range, absl::StrCat(what, " already has its window"));
  }
  if (syntax.window) {
    DANGOL_ASSIGN_OR_RETURN(leaf->window, CheckWindow(text_, *syntax.window));
    return absl::OkStatus();
  }
  const Target target{ValueType::kTime, false, std::string(what)};
  if (!syntax.test || syntax.test->op == Comparison::kKnown ||
      syntax.test->op == Comparison::kUnknown) {
    return RequireTest(syntax, target, leaf);
  }
  DANGOL_ASSIGN_OR_RETURN(leaf->window, CheckDateTest(text_, *syntax.test, what));
  return absl::OkStatus();
}

// Resolves `purchase` or `event("name")` inside a call.
absl::StatusOr<const KindSpec*> Checker::ActivityKind(const TermSyntax& call, Leaf* leaf) {
  if (call.source == nullptr) {
    return Error(
        call.range,
        absl::StrCat("say of what, such as ", call.head.text, "(purchase",
                     leaf->kind == LeafKind::kSum || leaf->kind == LeafKind::kAvg ? ".net)" : ")"));
  }
  const TermSyntax& source = *call.source;
  if (absl::AsciiStrToLower(source.head.text) == "event") {
    DANGOL_RETURN_IF_ERROR(Texts(source, 1, "event(\"product_viewed\")"));
    const std::string& event = source.texts[0].text;
    leaf->activity_kind = absl::StrCat("event/", event);
    references.kinds.insert(leaf->activity_kind);
    if (const auto known = schema_.events.find(event); known != schema_.events.end()) {
      return &known->second;
    }
    const std::string problem = Unknown("event", event, KeysOf(schema_.events));
    if (!schema_.open_events) return Error(source.texts[0].range, problem);
    Warn(problem);
    static const auto* const open_event = new KindSpec{{}, true};
    return open_event;
  }
  const auto known = schema_.kinds.find(source.head.text);
  if (known == schema_.kinds.end()) {
    std::vector<std::string> kinds = KeysOf(schema_.kinds);
    kinds.push_back("event");
    return Error(source.head.range, Unknown("kind of activity", source.head.text, kinds));
  }
  if (source.is_call) return Error(source.range, "only event takes a name in parentheses");
  leaf->activity_kind = source.head.text;
  references.kinds.insert(leaf->activity_kind);
  return &known->second;
}

absl::StatusOr<FieldSpec> Checker::Field(const Name& name, const KindSpec& kind, const Leaf& leaf) {
  if (const auto known = kind.fields.find(name.text); known != kind.fields.end()) {
    return known->second;
  }
  const std::string problem =
      Unknown(absl::StrCat("field of ", leaf.activity_kind), name.text, KeysOf(kind.fields));
  if (!kind.open) return Error(name.range, problem);
  Warn(problem);
  return FieldSpec{FieldSlot::kAttribute, ValueType::kAny};
}

absl::Status Checker::Where(const TermSyntax& term, const KindSpec& kind, Leaf* leaf) {
  if (term.where == nullptr) return absl::OkStatus();
  where_kind_ = leaf->activity_kind;
  DANGOL_ASSIGN_OR_RETURN(Plan where, Tree(*term.where, &kind));
  leaf->where = std::make_unique<Plan>(std::move(where));
  return absl::OkStatus();
}

absl::StatusOr<Leaf> Checker::FieldLeaf(const Syntax& syntax, const KindSpec& kind) {
  const TermSyntax& term = syntax.term;
  if (term.is_call) {
    return Error(term.range,
                 "WHERE filters single activities by their fields; put other "
                 "conditions outside, joined by AND");
  }
  DANGOL_RETURN_IF_ERROR(NoPath(term));
  DANGOL_RETURN_IF_ERROR(NoWindow(syntax));
  Leaf leaf;
  leaf.kind = LeafKind::kField;
  leaf.name = term.head.text;
  leaf.activity_kind = where_kind_;
  DANGOL_ASSIGN_OR_RETURN(leaf.field, Field(term.head, kind, leaf));
  Target target{leaf.field.type, false, term.head.text};
  if (target.type == ValueType::kAny && syntax.test && !syntax.test->values.empty()) {
    using Kind = LiteralSyntax::Kind;
    const Kind literal = syntax.test->values[0].kind;
    target.type = literal == Kind::kNumber    ? ValueType::kNumber
                  : literal == Kind::kBoolean ? ValueType::kBoolean
                                              : ValueType::kText;
  }
  DANGOL_RETURN_IF_ERROR(RequireTest(syntax, target, &leaf));
  return leaf;
}

absl::StatusOr<Leaf> Checker::AggregateLeaf(const Syntax& syntax, LeafKind kind) {
  const TermSyntax& term = syntax.term;
  Leaf leaf;
  leaf.kind = kind;
  DANGOL_RETURN_IF_ERROR(NoPath(term));
  DANGOL_ASSIGN_OR_RETURN(const KindSpec* spec, ActivityKind(term, &leaf));
  Target target{ValueType::kNumber, false, Source(term.range)};
  const std::vector<Name>& path = term.source->path;
  if (kind == LeafKind::kCount) {
    DANGOL_RETURN_IF_ERROR(NoPath(*term.source));
  } else if (path.empty()) {
    return Error(term.source->range,
                 absl::StrCat(term.head.text, " needs a field, such as ", term.head.text, "(",
                              Source(term.source->range), ".net)"));
  } else {
    DANGOL_RETURN_IF_ERROR(NoPath(*term.source, 1));
    leaf.name = path[0].text;
    DANGOL_ASSIGN_OR_RETURN(leaf.field, Field(path[0], *spec, leaf));
    if (leaf.field.type == ValueType::kAny) leaf.field.type = ValueType::kNumber;
    if (leaf.field.type != ValueType::kNumber && leaf.field.type != ValueType::kMoney) {
      return Error(path[0].range, absl::StrCat(Quote(leaf.name), " is not a number or an amount"));
    }
    target.type = leaf.field.type;
  }
  DANGOL_RETURN_IF_ERROR(Where(term, *spec, &leaf));
  if (syntax.window) {
    DANGOL_ASSIGN_OR_RETURN(leaf.window, CheckWindow(text_, *syntax.window));
  }
  DANGOL_RETURN_IF_ERROR(RequireTest(syntax, target, &leaf));
  return leaf;
}

absl::StatusOr<Leaf> Checker::InstantLeaf(const Syntax& syntax, LeafKind kind) {
  const TermSyntax& term = syntax.term;
  Leaf leaf;
  leaf.kind = kind;
  DANGOL_RETURN_IF_ERROR(NoPath(term));
  DANGOL_ASSIGN_OR_RETURN(const KindSpec* spec, ActivityKind(term, &leaf));
  DANGOL_RETURN_IF_ERROR(NoPath(*term.source));
  DANGOL_RETURN_IF_ERROR(Where(term, *spec, &leaf));
  DANGOL_RETURN_IF_ERROR(Instant(syntax, Source(term.range), &leaf));
  return leaf;
}

absl::StatusOr<Leaf> Checker::RecencyLeaf(const Syntax& syntax) {
  const TermSyntax& term = syntax.term;
  Leaf leaf;
  leaf.kind = LeafKind::kRecency;
  DANGOL_RETURN_IF_ERROR(NoPath(term));
  DANGOL_ASSIGN_OR_RETURN(const KindSpec* spec, ActivityKind(term, &leaf));
  DANGOL_RETURN_IF_ERROR(NoPath(*term.source));
  DANGOL_RETURN_IF_ERROR(Where(term, *spec, &leaf));
  DANGOL_RETURN_IF_ERROR(NoWindow(syntax));
  DANGOL_RETURN_IF_ERROR(RequireTest(syntax, {ValueType::kTime, true, Source(term.range)}, &leaf));
  return leaf;
}

absl::Status Checker::RfmText(const LiteralSyntax& given, const RfmSpec& spec) const {
  if (given.kind != LiteralSyntax::Kind::kText) return absl::OkStatus();
  if (spec.m == 0) {
    return Error(given.range,
                 "the scheme has no M classes, so no customer has all three; compare r and f");
  }
  for (int r = 1; r <= spec.r; ++r) {
    for (int f = 1; f <= spec.f; ++f) {
      for (int m = 1; m <= spec.m; ++m) {
        if (given.text == absl::StrCat("R", r, "F", f, "M", m)) return absl::OkStatus();
      }
    }
  }
  return Error(given.range, absl::StrCat("the scheme's cells are R1F1M1 to R", spec.r, "F", spec.f,
                                         "M", spec.m));
}

// A comparison that no class of the scheme passes finds nobody, and would say so by a 0 only.
void Checker::WarnOfClasses(const Leaf& leaf, const RfmSpec& spec, absl::string_view source) {
  const int classes = leaf.component == 'r' ? spec.r : leaf.component == 'f' ? spec.f : spec.m;
  const char letter = absl::ascii_toupper(leaf.component);
  if (leaf.test->op == Comparison::kKnown || leaf.test->op == Comparison::kUnknown) return;
  for (int i = 1; i <= classes; ++i) {
    if (Holds(*leaf.test, Value::Number(i))) return;
  }
  Warn(absl::StrCat(source, " is true of nobody: RFM scheme ", Quote(leaf.name), " has ",
                    classes == 0 ? absl::StrCat("no ", std::string(1, letter), " classes")
                                 : absl::StrCat("the classes ", std::string(1, letter), "1 to ",
                                                std::string(1, letter), classes)));
}

absl::StatusOr<Leaf> Checker::RfmLeaf(const Syntax& syntax) {
  const TermSyntax& term = syntax.term;
  Leaf leaf;
  leaf.kind = LeafKind::kRfm;
  leaf.name = schema_.default_rfm_scheme;
  Range named = term.head.range;
  if (term.is_call) {
    DANGOL_RETURN_IF_ERROR(Texts(term, 1, "rfm(\"333-monthly\").m"));
    leaf.name = term.texts[0].text;
    named = term.texts[0].range;
  } else if (leaf.name.empty()) {
    const std::vector<std::string> schemes = KeysOf(schema_.rfm_schemes);
    return Error(named,
                 absl::StrCat("there are several RFM schemes: ", absl::StrJoin(schemes, ", "),
                              "; say which, such as rfm(\"", schemes.back(), "\")"));
  }
  const auto scheme = schema_.rfm_schemes.find(leaf.name);
  if (scheme == schema_.rfm_schemes.end()) {
    return Error(named, Unknown("RFM scheme", leaf.name, KeysOf(schema_.rfm_schemes)));
  }
  DANGOL_RETURN_IF_ERROR(NoPath(term, 1));
  DANGOL_RETURN_IF_ERROR(NoWindow(syntax));
  references.rfm_schemes.insert(leaf.name);
  Target target{ValueType::kText, false, Source(term.range)};
  if (!term.path.empty()) {
    const std::string part = absl::AsciiStrToLower(term.path[0].text);
    if (part != "r" && part != "f" && part != "m") {
      return Error(term.path[0].range, "an RFM class has the parts r, f and m");
    }
    leaf.component = part[0];
    target.type = ValueType::kNumber;
  } else if (syntax.test) {
    for (const LiteralSyntax& value : syntax.test->values) {
      DANGOL_RETURN_IF_ERROR(RfmText(value, scheme->second));
    }
  }
  DANGOL_RETURN_IF_ERROR(RequireTest(syntax, target, &leaf));
  if (leaf.component != 0) WarnOfClasses(leaf, scheme->second, Source(syntax.range));
  return leaf;
}

absl::StatusOr<Leaf> Checker::StageLeaf(const Syntax& syntax) {
  Leaf leaf;
  leaf.kind = LeafKind::kStage;
  if (syntax.term.is_call) return Error(syntax.term.range, "write it like stage = \"dormant\"");
  DANGOL_RETURN_IF_ERROR(NoPath(syntax.term));
  DANGOL_RETURN_IF_ERROR(NoWindow(syntax));
  if (syntax.test) {
    for (const LiteralSyntax& value : syntax.test->values) {
      DANGOL_RETURN_IF_ERROR(OneOf(schema_.stages, "stage", value));
    }
  }
  references.stage = true;
  DANGOL_RETURN_IF_ERROR(RequireTest(syntax, {ValueType::kText, false, "stage"}, &leaf));
  return leaf;
}

absl::StatusOr<Leaf> Checker::SegmentLeaf(const Syntax& syntax) {
  const TermSyntax& term = syntax.term;
  Leaf leaf;
  leaf.kind = LeafKind::kSegment;
  DANGOL_RETURN_IF_ERROR(Texts(term, 1, "segment(\"dormant-2\")"));
  DANGOL_RETURN_IF_ERROR(NoPath(term));
  DANGOL_RETURN_IF_ERROR(NoWindow(syntax));
  DANGOL_RETURN_IF_ERROR(NoTest(syntax));
  leaf.name = term.texts[0].text;
  if (schema_.segments.count(leaf.name) == 0) {
    return Error(term.texts[0].range,
                 Unknown("segment", leaf.name, {schema_.segments.begin(), schema_.segments.end()}));
  }
  references.segments.insert(leaf.name);
  return leaf;
}

absl::StatusOr<Leaf> Checker::ConsentLeaf(const Syntax& syntax) {
  const TermSyntax& term = syntax.term;
  Leaf leaf;
  leaf.kind = LeafKind::kConsent;
  DANGOL_RETURN_IF_ERROR(Texts(term, 2, "consent(\"email\", \"marketing\")"));
  DANGOL_RETURN_IF_ERROR(NoPath(term));
  DANGOL_RETURN_IF_ERROR(NoWindow(syntax));
  DANGOL_RETURN_IF_ERROR(NoTest(syntax));
  DANGOL_RETURN_IF_ERROR(OneOf(schema_.channels, "channel", term.texts[0]));
  DANGOL_RETURN_IF_ERROR(OneOf(schema_.purposes, "purpose", term.texts[1]));
  leaf.name = term.texts[0].text;
  leaf.purpose = term.texts[1].text;
  references.consent = true;
  return leaf;
}

}  // namespace

absl::StatusOr<Checked> Check(absl::string_view text, const Syntax& syntax, const Schema& schema) {
  Checker checker(text, schema);
  Checked checked;
  DANGOL_ASSIGN_OR_RETURN(checked.plan, checker.Tree(syntax, nullptr));
  checked.references = std::move(checker.references);
  checked.warnings = std::move(checker.warnings);
  AddCanonicalText(&checked.plan);
  checked.canonical = CanonicalText(checked.plan);
  return checked;
}

}  // namespace dangol::expr
