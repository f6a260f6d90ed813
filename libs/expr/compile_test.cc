// The grammar and the type checker: what compiles, to which canonical text, and what does not.
#include <fstream>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/rng.h"
#include "libs/base/status.h"
#include "libs/expr/testing_view.h"

namespace dangol::expr {
namespace {

struct Case {
  const char* text;
  const char* canonical;  // nullptr: the same
};

const Case kCases[] = {
    {R"(trait.city = "Seoul" AND trait.age BETWEEN 30 AND 39)", nullptr},
    {R"(trait.grade in ("gold", "vip") and not trait.staff = true)",
     R"(trait.grade IN ("gold", "vip") AND NOT trait.staff = TRUE)"},
    {"count(purchase) IN LAST 90 DAYS >= 3", nullptr},
    {"  COUNT ( purchase ) in last 1 day\n>=3 ", "count(purchase) IN LAST 1 DAYS >= 3"},
    {R"(sum(purchase.net WHERE store = "S12" AND net > 10000 KRW) IN LAST 6 MONTHS > 500000 krw)",
     R"(sum(purchase.net WHERE store = "S12" AND net > 10000 KRW) IN LAST 6 MONTHS > 500000 KRW)"},
    {"avg(purchase.net) > 30000 KRW", nullptr},
    {"first(purchase) BEFORE 2026-01-01", nullptr},
    {"first(purchase) < 2026-01-01", "first(purchase) BEFORE 2026-01-01"},
    {"last(purchase) AFTER 2026-01-31", "last(purchase) SINCE 2026-02-01"},
    {"last(purchase) ON 2024-02-29", nullptr},
    {"last(purchase) BETWEEN 2026-01-01 AND 2026-01-31", nullptr},
    {"count(purchase) BETWEEN 2026-01-01 AND 2026-01-31 BETWEEN 3 AND 5", nullptr},
    {"last(purchase) IN LAST 2 MONTHS", nullptr},
    {"last(purchase) IS UNKNOWN", nullptr},
    {"recency(purchase) > 60 DAYS", nullptr},
    {"recency(purchase) BETWEEN 30 DAYS AND 2 months",
     "recency(purchase) BETWEEN 30 DAYS AND 2 MONTHS"},
    {R"(count(visit WHERE channel = "store") = 0)", nullptr},
    {"count(purchase) BETWEEN 6 AND 2 MONTHS AGO = 0", nullptr},
    {R"(rfm = "R3F2M1")", R"(rfm("333-monthly") = "R3F2M1")"},
    {"rfm.r = 3", R"(rfm("333-monthly").r = 3)"},
    {R"(rfm("333-monthly").M >= 2)", R"(rfm("333-monthly").m >= 2)"},
    {R"(segment("dormant-2"))", nullptr},
    {R"(stage = "dormant")", nullptr},
    {R"(consent("email", "marketing"))", nullptr},
    {R"(count(event("product_viewed") WHERE category = "bag") IN LAST 24 HOURS >= 2)", nullptr},
    {R"(avg(event("product_viewed").seconds) >= 12.5)", nullptr},
    {"trait.joined IN LAST 2 WEEKS", nullptr},
    {"trait.joined >= 2026-01-01", "trait.joined SINCE 2026-01-01"},
    {"trait.joined IS KNOWN", nullptr},
    {R"(trait.city NOT IN ("b", "a"))", R"(trait.city NOT IN ("a", "b"))"},
    {R"(trait.city <> "say \"hi\" \\")", R"(trait.city != "say \"hi\" \\")"},
    {R"(trait.city = "서울")", nullptr},
    {R"(trait."city" = "x")", R"(trait.city = "x")"},
    {"sum(purchase.quantity) > 10", nullptr},
    {"trait.age > -1.25", nullptr},
    {"NOT NOT trait.staff = false", "trait.staff = FALSE"},
    {"((trait.age = 1))", "trait.age = 1"},
    {"trait.age = 1 OR trait.age = 2 AND trait.age = 3", nullptr},
    {"(trait.age = 1 OR trait.age = 2) AND NOT (trait.age = 3 AND trait.age = 4)", nullptr},
    {"trait.age = 1 AND (trait.age = 2 AND trait.age = 3)",
     "trait.age = 1 AND trait.age = 2 AND trait.age = 3"},
    {"trait.age = 1234567 OR trait.age = 100000000000",
     "trait.age = 1234567 OR trait.age = 100000000000"},
};

TEST(CompileTest, CanonicalTextIsOneSpellingAndCompilesToItself) {
  for (const Case& test : kCases) {
    SCOPED_TRACE(test.text);
    const auto compiled = Compile(test.text, TestingSchema());
    ASSERT_TRUE(compiled.ok()) << compiled.status().message();
    EXPECT_EQ((*compiled)->Canonical(), test.canonical ? test.canonical : test.text);
    EXPECT_EQ(MustCompile((*compiled)->Canonical())->Canonical(), (*compiled)->Canonical());
  }
}

std::string ErrorOf(const std::string& text) {
  const auto compiled = Compile(text, TestingSchema());
  if (compiled.ok()) return "compiled";
  EXPECT_EQ(compiled.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(DetailOf(compiled.status()).reason, "BAD_EXPRESSION");
  return std::string(compiled.status().message());
}

TEST(CompileTest, ErrorsShowThePlaceAndTheNearestName) {
  EXPECT_EQ(ErrorOf("cuont(purchase) > 3"),
            "segment:1:1: unknown function \"cuont\"; did you mean \"count\"?\n"
            "    cuont(purchase) > 3\n"
            "    ^~~~~");
  EXPECT_EQ(ErrorOf("trait.age = 3 AND\n  trait.ctiy = \"x\""),
            "segment:2:9: unknown trait \"ctiy\"; did you mean \"city\"?\n"
            "      trait.ctiy = \"x\"\n"
            "            ^~~~");
  // Hangul takes two columns of a terminal and one of the count.
  EXPECT_EQ(ErrorOf("trait.city = \"서울\" XOR x"),
            "segment:1:19: expected AND, OR or the end\n"
            "    trait.city = \"서울\" XOR x\n"
            "                        ^~~");
  EXPECT_EQ(ErrorOf("count(purchase"),
            "segment:1:15: expected \")\"\n"
            "    count(purchase\n"
            "                  ^");
}

TEST(CompileTest, LongLinesAreShortenedAroundThePlace) {
  std::string text = "trait.age = 1";
  for (int i = 0; i < 50; ++i) text += " OR trait.age = 1";
  const std::string error = ErrorOf(text + " OR trait.agee = 1 OR " + text);
  EXPECT_THAT(error, testing::HasSubstr("did you mean \"age\"?"));
  std::istringstream lines(error);
  std::string line;
  std::vector<std::string> all;
  while (std::getline(lines, line)) all.push_back(line);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_LT(all[1].size(), 120u);
  // "…" is three bytes and one column.
  EXPECT_EQ(all[1].substr(all[2].find('^') + 2, 4), "agee");
}

const std::pair<const char*, const char*> kErrors[] = {
    {"", "1:1: expected a condition"},
    {"trait.age", "1:1: compare trait.age with something"},
    {"trait.age = ", "1:13: expected a value"},
    {"trait.age = \"x\"", "trait.age is compared with a number, not a text"},
    {"trait.age = 3 KRW", "plain number; leave out \"KRW\""},
    {"trait.city > \"x\"", "texts have no order"},
    {"trait.staff > true", "use = or !="},
    {"age = 3", "did you mean \"trait.age\"?"},
    {"trait.city = 'x'", "1:14: expected a value: a text in double quotes"},
    {"trait.city = \"x", "1:16: expected the closing \""},
    {"trait.city = \"\\x\"", "after \\ comes"},
    {"trait.city = \"\xED\xA0\x80\"", "1:15: the text is not valid UTF-8 here"},
    {"trait.age == 3", "1:12: expected a value"},
    {"trait.age IN (1, )", "1:18: expected a value"},
    {"trait.age IN (1", "expected \",\" or \")\""},
    {"trait.age IN LIST", "expected LAST or a list"},
    {"trait.age BETWEEN 3 OR 4", "1:21: expected AND"},
    {"trait.age BETWEEN 4 AND 3", "nothing lies between"},
    {"(trait.age = 3", "expected AND, OR or \")\""},
    {"trait.age = 3)", "1:14: expected AND, OR or the end"},
    {"trait.age = 3 AND", "1:18: expected a condition"},
    {"trait.age IN LAST 3 DAYS", "a window of time belongs after count"},
    {"count() > 3", "1:7: expected a kind of activity"},
    {"count(purchas) > 3", "1:7: unknown kind of activity \"purchas\"; did you mean \"purchase\"?"},
    {"count(purchase.net) > 3", "\"purchase\" has no part \"net\""},
    {"count(\"purchase\") > 3", "say of what, such as count(purchase)"},
    {"sum(purchase) > 3", "sum needs a field, such as sum(purchase.net)"},
    {"sum(purchase.store) > 3", "\"store\" is not a number or an amount"},
    {"sum(purchase.nett) > 3 KRW", "unknown field of purchase \"nett\"; did you mean \"net\"?"},
    {"count(purchase WHERE stor = \"x\") > 3", "did you mean \"store\"?"},
    {"count(purchase WHERE count(visit) > 3) > 3", "WHERE filters single activities"},
    {"count(event(\"product_view\")) > 3", "did you mean \"product_viewed\"?"},
    {"count(purchase) IN LAST 0 DAYS > 3", "at least 1"},
    {"count(purchase) IN LAST 1.5 DAYS > 3", "whole number"},
    {"count(purchase) IN LAST 3 DAIS > 3", "did you mean \"DAYS\"?"},
    {"count(purchase) IN LAST 9999 MONTHS > 3", "at most 1200"},
    {"count(purchase) BETWEEN 2 AND 6 MONTHS AGO > 3", "the earlier end comes first"},
    {"count(purchase) SINCE 2026-02-30 > 3", "there is no such day"},
    {"avg(purchase.net) > 30000", "needs its currency; write 30000 KRW"},
    {"avg(purchase.net) > 300.00 USD", "the business unit's currency is KRW, not USD"},
    {"avg(purchase.net) > 300 QQQ", "unknown currency \"QQQ\"; the business unit's is KRW"},
    {"avg(purchase.net) > 300.5 KRW", "KRW has 0 decimals"},
    {"count(purchase WHERE net > 3) > 1", "needs its currency"},
    {"recency(purchase) > 60", "a duration needs its unit"},
    {"recency(purchase) = 60 DAYS", "use <, <=, >, >= or BETWEEN"},
    {"last(purchase) != 2026-01-01", "is an instant"},
    {"last(purchase) IN LAST 2 DAYS = 3", "already has its window"},
    {"rfm = \"R4F1M1\"", "cells are R1F1M1 to R3F3M3"},
    {"rfm.x = 1", "parts r, f and m"},
    {"rfm(\"555\") = \"R3F1M1\"", "unknown RFM scheme \"555\""},
    {"stage = \"dorment\"", "unknown stage \"dorment\"; did you mean \"dormant\"?"},
    {"segment(\"dormant2\")", "unknown segment \"dormant2\"; did you mean \"dormant-2\"?"},
    {"segment(\"best\") = true", "true or false by itself"},
    {"segment(best)", "write it like segment(\"dormant-2\")"},
    {"consent(\"email\")", "write it like consent(\"email\", \"marketing\")"},
    {"consent(\"mail\", \"marketing\")", "unknown channel \"mail\"; did you mean \"email\"?"},
};

TEST(CompileTest, EveryErrorSaysWhatToDo) {
  for (const auto& [text, expected] : kErrors) {
    SCOPED_TRACE(text);
    EXPECT_THAT(ErrorOf(text), testing::HasSubstr(expected));
  }
}

std::string Repeat(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(CompileTest, LimitsHoldWithoutExhaustingTheStack) {
  const std::string leaf = "trait.age = 1";
  EXPECT_EQ(ErrorOf(Repeat("(", 64) + leaf + Repeat(")", 64)), "compiled");
  EXPECT_THAT(ErrorOf(Repeat("(", 65) + leaf + Repeat(")", 65)),
              testing::HasSubstr("1:65: nested deeper than 64"));
  EXPECT_THAT(ErrorOf(Repeat("(", 60'000)), testing::HasSubstr("nested deeper"));
  EXPECT_THAT(ErrorOf(Repeat(" ", 65'537)), testing::HasSubstr("at most 65536"));
  EXPECT_EQ(ErrorOf(Repeat("NOT ", 16'000) + leaf), "compiled");
  EXPECT_EQ(ErrorOf(leaf + Repeat(" OR " + leaf, 3'800)), "compiled");
  EXPECT_EQ(ErrorOf("trait.age IN (1" + Repeat(",1", 9'999) + ")"), "compiled");
  EXPECT_THAT(ErrorOf("trait.age IN (1" + Repeat(",1", 10'000) + ")"),
              testing::HasSubstr("the list has 10001 items; at most 10000"));
  // Parentheses inside texts are no nesting.
  EXPECT_EQ(ErrorOf("trait.city = \"" + Repeat("(", 200) + "\\\"\""), "compiled");
}

TEST(CompileTest, AnySequenceOfTokensCompilesOrIsAnError) {
  const std::vector<std::string> tokens = {
      "trait", ".",  "city",     "age",   "=",          "\"x\"", "3",    "KRW",  "count",
      "(",     ")",  "purchase", "WHERE", "net",        "IN",    "LAST", "DAYS", "BETWEEN",
      "AND",   "OR", "NOT",      "AGO",   "2026-01-01", "ON",    ",",    "rfm",  "IS",
      "KNOWN", "\"", "\\",       "서",    "\x80",       "-",     "TRUE"};
  Rng rng(3);
  int compiled = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = rng.Chance(0.5) ? "count(purchase" : "trait.age = 3 ";
    for (uint64_t n = rng.Below(8); n > 0; --n) {
      text += tokens[rng.Below(tokens.size())] + (rng.Chance(0.8) ? " " : "");
    }
    compiled += ErrorOf(text) == "compiled";
  }
  EXPECT_GT(compiled, 0);
}

TEST(CompileTest, OpenSchemasWarn) {
  Schema schema = RetailSchema("USD");
  schema.traits["city"] = ValueType::kText;
  const auto compiled = Compile(
      R"(trait.cty = "x" AND count(event("seen") WHERE page = "a" AND depth > 2) > 1 AND
         trait.when BEFORE 2026-01-01 AND avg(purchase.net) > 12.50 USD)",
      schema);
  ASSERT_TRUE(compiled.ok()) << compiled.status().message();
  EXPECT_THAT((*compiled)->warnings(),
              testing::ElementsAre("unknown trait \"cty\"; did you mean \"city\"?",
                                   "unknown event \"seen\"", "unknown field of event/seen \"page\"",
                                   "unknown field of event/seen \"depth\"",
                                   testing::HasSubstr("unknown trait \"when\"")));
}

// Every trait was "unknown" while the schema knew none.
TEST(CompileTest, NoWarningWhileNoTraitIsKnown) {
  const auto compiled = Compile("trait.cty = \"x\"", RetailSchema("USD"));
  ASSERT_TRUE(compiled.ok()) << compiled.status();
  EXPECT_THAT((*compiled)->warnings(), testing::IsEmpty());
}

TEST(CompileTest, ABareRfmMustSayWhichWhereTheSchemaDoesNot) {
  Schema schema = RetailSchema("USD");
  schema.rfm_schemes["monthly"] = {3, 3, 3};
  schema.default_rfm_scheme = "monthly";
  EXPECT_EQ((*Compile("rfm.r = 3", schema))->Canonical(), "rfm(\"monthly\").r = 3");
  schema.default_rfm_scheme.clear();
  EXPECT_THAT(std::string(Compile("rfm.r = 3", schema).status().message()),
              testing::HasSubstr("several RFM schemes: 333-monthly, monthly; say which, such as "
                                 "rfm(\"monthly\")"));
  EXPECT_TRUE(Compile("rfm(\"monthly\").r = 3", schema).ok());
}

// `rfm.m >= 9`, and `rfm.m >= 1` of a scheme without M classes, silently found nobody.
TEST(CompileTest, WarnsOfAnRfmClassThatCannotBe) {
  Schema schema = RetailSchema("USD");
  schema.rfm_schemes["333-monthly"] = {3, 3, 0};
  const auto warnings = [&](absl::string_view text) {
    const auto compiled = Compile(text, schema);
    EXPECT_TRUE(compiled.ok()) << compiled.status();
    return compiled.ok() ? (*compiled)->warnings() : std::vector<std::string>();
  };
  EXPECT_THAT(warnings("rfm.m >= 1"),
              testing::ElementsAre("rfm.m >= 1 is true of nobody: RFM scheme \"333-monthly\" has "
                                   "no M classes"));
  EXPECT_THAT(warnings("rfm.r IN (4, 9) OR rfm.f < 1"),
              testing::ElementsAre(testing::HasSubstr("the classes R1 to R3"),
                                   testing::HasSubstr("the classes F1 to F3")));
  EXPECT_THAT(warnings("rfm.r >= 3 OR rfm.f BETWEEN 2 AND 9 OR rfm.r != 7"), testing::IsEmpty());
  EXPECT_THAT(warnings("rfm.m IS KNOWN"), testing::IsEmpty());
  EXPECT_THAT(std::string(Compile("rfm = \"R3F3M1\"", schema).status().message()),
              testing::HasSubstr("no M classes"));
}

TEST(CompileTest, ReferencesNameEverythingRead) {
  const auto compiled = MustCompile(
      R"(trait.city = "x" OR segment("best") OR count(event("product_viewed")) > 1 OR rfm.r = 1 OR
         last(visit) IN LAST 2 DAYS OR stage = "new" OR consent("sms", "service"))");
  const References& references = compiled->references();
  EXPECT_THAT(references.traits, testing::ElementsAre("city"));
  EXPECT_THAT(references.kinds, testing::ElementsAre("event/product_viewed", "visit"));
  EXPECT_THAT(references.segments, testing::ElementsAre("best"));
  EXPECT_THAT(references.rfm_schemes, testing::ElementsAre("333-monthly"));
  EXPECT_TRUE(references.stage);
  EXPECT_TRUE(references.consent);
}

// Every line of a ```segment block is one expression.
TEST(CompileTest, TheReferencesExamplesCompile) {
  std::ifstream file("docs/segment-language.md");
  ASSERT_TRUE(file.good()) << "run from the project's root";
  std::string line;
  bool in_block = false;
  int examples = 0;
  while (std::getline(file, line)) {
    if (line.rfind("```", 0) == 0) {
      in_block = line == "```segment";
    } else if (in_block && !line.empty()) {
      ++examples;
      EXPECT_EQ(ErrorOf(line), "compiled") << line;
    }
  }
  EXPECT_GE(examples, 20);
}

}  // namespace
}  // namespace dangol::expr
