#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/expr/grammar.h"
#include "libs/expr/syntax.h"
#include "tao/pegtl/contrib/parse_tree.hpp"

namespace dangol::expr {
namespace {

namespace g = grammar;
namespace tree = tao::pegtl::parse_tree;
using ParseNode = tree::node;

template <typename Rule>
using Selector = tree::selector<
    Rule,
    tree::store_content::on<g::negation, g::unary, g::leaf, g::term, g::head, g::part_name, g::text,
                            g::date, g::number, g::unit, g::boolean, g::literal, g::call, g::source,
                            g::source_call, g::where, g::window_last, g::window_ago, g::window_days,
                            g::window_before, g::window_after, g::window_since, g::window_on, g::op,
                            g::compare, g::in_list, g::not_in_list, g::between, g::is_known,
                            g::known, g::unknown, g::conjunction, g::expression>>;

std::string TextOf(const ParseNode& node) { return std::string(node.string()); }

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Without the white space that token rules take along.
Range RangeOf(const ParseNode& node) {
  const auto content = node.string_view();
  size_t size = content.size();
  while (size > 0 && IsSpace(content[size - 1])) --size;
  return {node.begin().byte, node.begin().byte + size};
}

Name NameOf(const ParseNode& node) { return {TextOf(node), RangeOf(node)}; }

std::string Unescape(absl::string_view quoted) {
  std::string text;
  for (size_t i = 1; i + 1 < quoted.size(); ++i) {
    if (quoted[i] == '\\') ++i;
    text.push_back(quoted[i]);
  }
  return text;
}

// From a text, date, number or boolean node.
LiteralSyntax AtomOf(const ParseNode& node) {
  using Kind = LiteralSyntax::Kind;
  const std::string content = TextOf(node);
  const Range range = RangeOf(node);
  if (node.is_type<g::text>()) return {Kind::kText, Unescape(content), {}, range};
  if (node.is_type<g::date>()) return {Kind::kDate, content, {}, range};
  if (node.is_type<g::number>()) return {Kind::kNumber, content, {}, range};
  const bool yes = content[0] == 't' || content[0] == 'T';
  return {Kind::kBoolean, yes ? "true" : "false", {}, range};
}

LiteralSyntax LiteralOf(const ParseNode& node) {
  LiteralSyntax literal = AtomOf(*node.children.at(0));
  if (node.children.size() > 1) {
    literal.unit = NameOf(*node.children[1]);
    literal.range.end = literal.unit->range.end;
  }
  return literal;
}

Name PartOf(const ParseNode& node) {
  if (!node.is_type<g::text>()) return NameOf(node);
  return {Unescape(TextOf(node)), RangeOf(node)};
}

Syntax ExpressionOf(const ParseNode& node);

// From a term or a source: head, an optional call, the path.
TermSyntax TermOf(const ParseNode& node) {
  TermSyntax term;
  term.range = RangeOf(node);
  for (const auto& child : node.children) {
    if (child->is_type<g::head>()) {
      term.head = NameOf(*child);
    } else if (child->is_type<g::call>() || child->is_type<g::source_call>()) {
      term.is_call = true;
      for (const auto& argument : child->children) {
        if (argument->is_type<g::text>()) {
          term.texts.push_back(AtomOf(*argument));
        } else if (argument->is_type<g::source>()) {
          term.source = std::make_unique<TermSyntax>(TermOf(*argument));
        } else {
          term.where = std::make_unique<Syntax>(ExpressionOf(*argument->children.at(0)));
        }
      }
    } else {
      term.path.push_back(PartOf(*child));
    }
  }
  return term;
}

WindowSyntax WindowOf(const ParseNode& node) {
  using Kind = WindowSyntax::Kind;
  WindowSyntax window;
  window.range = RangeOf(node);
  if (node.is_type<g::window_ago>()) window.kind = Kind::kAgo;
  if (node.is_type<g::window_days>()) window.kind = Kind::kDays;
  if (node.is_type<g::window_before>()) window.kind = Kind::kBefore;
  if (node.is_type<g::window_after>()) window.kind = Kind::kAfter;
  if (node.is_type<g::window_since>()) window.kind = Kind::kSince;
  if (node.is_type<g::window_on>()) window.kind = Kind::kOn;
  for (const auto& child : node.children) {
    if (child->is_type<g::unit>()) {
      window.unit = NameOf(*child);
    } else {
      window.values.push_back(AtomOf(*child));
    }
  }
  return window;
}

bool IsWindow(const ParseNode& node) {
  return node.is_type<g::window_last>() || node.is_type<g::window_ago>() ||
         node.is_type<g::window_days>() || node.is_type<g::window_before>() ||
         node.is_type<g::window_after>() || node.is_type<g::window_since>() ||
         node.is_type<g::window_on>();
}

Comparison OpOf(absl::string_view text) {
  if (text == "=") return Comparison::kEq;
  if (text == "!=" || text == "<>") return Comparison::kNe;
  if (text == "<") return Comparison::kLt;
  if (text == "<=") return Comparison::kLe;
  return text == ">" ? Comparison::kGt : Comparison::kGe;
}

TestSyntax TestOf(const ParseNode& node) {
  TestSyntax test;
  test.range = RangeOf(node);
  if (node.is_type<g::in_list>()) test.op = Comparison::kIn;
  if (node.is_type<g::not_in_list>()) test.op = Comparison::kNotIn;
  if (node.is_type<g::between>()) test.op = Comparison::kBetween;
  for (const auto& child : node.children) {
    if (child->is_type<g::op>()) test.op = OpOf(TextOf(*child));
    if (child->is_type<g::known>()) test.op = Comparison::kKnown;
    if (child->is_type<g::unknown>()) test.op = Comparison::kUnknown;
    if (child->is_type<g::literal>()) test.values.push_back(LiteralOf(*child));
  }
  return test;
}

Syntax LeafOf(const ParseNode& node) {
  Syntax leaf;
  leaf.range = RangeOf(node);
  for (const auto& child : node.children) {
    if (child->is_type<g::term>()) {
      leaf.term = TermOf(*child);
    } else if (IsWindow(*child)) {
      leaf.window = WindowOf(*child);
    } else {
      leaf.test = TestOf(*child);
    }
  }
  return leaf;
}

Syntax UnaryOf(const ParseNode& node) {
  const ParseNode& last = *node.children.back();
  Syntax inner = last.is_type<g::leaf>() ? LeafOf(last) : ExpressionOf(last);
  if (node.children.size() % 2 == 1) return inner;  // an even number of NOTs
  Syntax negated;
  negated.kind = Syntax::Kind::kNot;
  negated.range = RangeOf(node);
  negated.children.push_back(std::move(inner));
  return negated;
}

Syntax ListOf(const ParseNode& node, Syntax::Kind kind, Syntax (*item)(const ParseNode&)) {
  if (node.children.size() == 1) return item(*node.children[0]);
  Syntax list;
  list.kind = kind;
  list.range = RangeOf(node);
  for (const auto& child : node.children) {
    Syntax next = item(*child);
    if (next.kind != kind) {
      list.children.push_back(std::move(next));
      continue;
    }
    std::move(next.children.begin(), next.children.end(), std::back_inserter(list.children));
  }
  return list;
}

Syntax ConjunctionOf(const ParseNode& node) { return ListOf(node, Syntax::Kind::kAnd, UnaryOf); }

Syntax ExpressionOf(const ParseNode& node) {
  return ListOf(node, Syntax::Kind::kOr, ConjunctionOf);
}

// Parentheses are the only recursion of the grammar, so counting them bounds the stack.
absl::Status CheckLimits(absl::string_view text) {
  if (text.size() > kExpressionBytesMax) {
    return ErrorAt(text, {kExpressionBytesMax, kExpressionBytesMax},
                   absl::StrCat("the expression has ", text.size(), " bytes; at most ",
                                kExpressionBytesMax, " are allowed"));
  }
  if (const size_t valid = Utf8Prefix(text); valid < text.size()) {
    return ErrorAt(text, {valid, valid + 1}, "the text is not valid UTF-8 here");
  }
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[i] == ')') {
      --depth;
    } else if (!quoted && text[i] == '(' && ++depth > kNestingMax) {
      return ErrorAt(text, {i, i + 1},
                     absl::StrCat("nested deeper than ", kNestingMax, " parentheses"));
    }
  }
  return absl::OkStatus();
}

// The word or the one character at `at`.
Range TokenAt(absl::string_view text, size_t at) {
  size_t end = at;
  while (end < text.size() && (absl::ascii_isalnum(text[end]) || text[end] == '_')) ++end;
  if (end == at && at < text.size()) end = at + 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
  return {at, end};
}

}  // namespace

absl::StatusOr<Syntax> Parse(absl::string_view text) {
  DANGOL_RETURN_IF_ERROR(CheckLimits(text));
  tao::pegtl::memory_input input(text.data(), text.data() + text.size(), "");
  try {
    const auto root = tree::parse<g::whole, Selector, tao::pegtl::nothing, g::Control>(input);
    return ExpressionOf(*root->children.at(0));
  } catch (const tao::pegtl::parse_error& error) {
    const auto message = error.message();
    return ErrorAt(text, TokenAt(text, error.positions().front().byte),
                   absl::string_view(message.data(), message.size()));
  }
}

}  // namespace dangol::expr
