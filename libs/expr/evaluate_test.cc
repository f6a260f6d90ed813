// What expressions mean.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/expr/currency.h"
#include "libs/expr/testing_view.h"

namespace dangol::expr {
namespace {

const absl::TimeZone kSeoul = Zone("Asia/Seoul");
const Micros kNow = At("2026-07-15 12:00", kSeoul);

class EvaluateTest : public testing::Test {
 protected:
  EvaluateTest() {
    view_.traits = {{"city", Value::Text("Seoul")},
                    {"age", Value::Number(35)},
                    {"staff", Value::Boolean(false)},
                    {"joined", Value::Time(At("2025-07-15", kSeoul))}};
    view_.Add("purchase", Ago(400), 20'000, "S12").category = view_.Intern("bag");
    view_.Add("purchase", Ago(100), 30'000, "S12").quantity = 4;
    view_.Add("purchase", Ago(70), 40'001, "S1");
    view_.Add("return", Ago(60), 40'001, "S1");
    view_.Add("event/product_viewed", Ago(1)).attributes = 1;
    view_.attributes[{1, "category"}] = Value::Text("bag");
    view_.attributes[{1, "seconds"}] = Value::Number(12.5);
    view_.rfm = {3, 2, 1, kNever};
    view_.stage = {"existing", kNever};
    view_.segments = {"best"};
    view_.consents = {{"email", "marketing"}};
  }

  static Micros Ago(int days) { return kNow - days * kMicrosPerDay; }
  bool Holds(const std::string& text) { return MustCompile(text)->Evaluate(view_, kNow, kSeoul); }

  TestingView view_;
};

TEST_F(EvaluateTest, True) {
  for (const char* text :
       {R"(trait.city = "Seoul" AND trait.age BETWEEN 30 AND 39)",
        R"(trait.city IN ("Busan", "Seoul"))",
        R"(trait.city NOT IN ("Busan"))",
        R"(trait.city != "Busan")",
        "trait.age BETWEEN 35 AND 35",
        "NOT trait.staff = true",
        "trait.grade IS UNKNOWN AND trait.city IS KNOWN",
        "trait.joined ON 2025-07-15",
        "trait.joined IN LAST 12 MONTHS OR trait.joined BETWEEN 13 AND 12 MONTHS AGO",
        "count(purchase) = 3",
        "count(purchase) IN LAST 90 DAYS = 1",
        R"(count(purchase WHERE category = "bag") = 1)",
        R"(count(purchase WHERE NOT (store = "S12" OR store = "S2")) = 1)",
        "sum(purchase.net) = 90001 KRW",
        "sum(purchase.quantity) = 6",
        R"(sum(purchase.net WHERE store = "S12" AND net > 20000 KRW) = 30000 KRW)",
        "avg(purchase.net) > 30000 KRW AND avg(purchase.net) < 30001 KRW",
        "count(return) = 1 AND count(visit) = 0 AND sum(return.net) > 0 KRW",
        "first(purchase) BEFORE 2026-01-01",
        R"(first(purchase WHERE store = "S1") SINCE 2026-01-01)",
        "last(purchase) IN LAST 70 DAYS AND NOT last(purchase) IN LAST 69 DAYS",
        "recency(purchase) >= 70 DAYS AND NOT recency(purchase) > 70 DAYS",
        "recency(purchase) BETWEEN 60 DAYS AND 80 DAYS AND recency(purchase) < 3 MONTHS",
        "last(visit) IS UNKNOWN AND last(purchase) IS KNOWN",
        R"(count(event("product_viewed") WHERE category = "bag" AND seconds >= 12.5) = 1)",
        R"(sum(event("product_viewed").seconds) = 12.5)",
        R"(rfm = "R3F2M1" AND rfm.r = 3 AND rfm("333-monthly").f <= 2)",
        R"(stage = "existing" AND segment("best") AND NOT segment("dormant-2"))",
        R"(consent("email", "marketing") AND NOT consent("sms", "marketing"))",
        R"(trait.age = 1 AND trait.age = 2 OR trait.age = 35)"}) {
    EXPECT_TRUE(Holds(text)) << text;
  }
}

TEST_F(EvaluateTest, ComparisonsWithNothingAreFalse) {
  for (const char* text :
       {R"(trait.grade = "x")", R"(trait.grade != "x")", R"(trait.grade NOT IN ("x"))",
        "recency(visit) > 1 DAYS", "recency(visit) < 1 DAYS", "last(visit) BEFORE 2099-01-01",
        R"(count(purchase WHERE brand != "b") > 0)"}) {
    EXPECT_FALSE(Holds(text)) << text;
  }
  EXPECT_FALSE(Holds("avg(purchase.net) IN LAST 1 DAYS != 0 KRW"));
  view_.rfm = {};
  EXPECT_FALSE(Holds(R"(rfm != "R1F1M1")"));
  EXPECT_FALSE(Holds("rfm.m != 1"));
  view_.traits["city"] = Value::Number(3);  // a trait that changed its type
  EXPECT_FALSE(Holds(R"(trait.city != "x")"));
}

TEST_F(EvaluateTest, WhatLiesAheadDoesNotCount) {
  view_.Add("purchase", kNow, 1'000'000);
  view_.Add("purchase", Ago(-2), 1'000'000);
  EXPECT_TRUE(Holds("count(purchase) = 3 AND count(purchase) SINCE 2024-01-01 = 3"));
  EXPECT_TRUE(Holds("count(purchase) BETWEEN 2026-01-01 AND 2026-12-31 = 2"));
  EXPECT_TRUE(Holds("last(purchase) BEFORE 2026-07-01 AND recency(purchase) >= 70 DAYS"));
}

TEST_F(EvaluateTest, RecencyBetweenIncludesBothEnds) {
  EXPECT_TRUE(Holds("recency(purchase) BETWEEN 70 DAYS AND 71 DAYS"));
  EXPECT_TRUE(Holds("recency(purchase) BETWEEN 69 DAYS AND 70 DAYS"));
  EXPECT_FALSE(Holds("recency(purchase) BETWEEN 71 DAYS AND 80 DAYS"));
  EXPECT_FALSE(Holds("recency(purchase) BETWEEN 60 DAYS AND 69 DAYS"));
}

TEST_F(EvaluateTest, ExplainShowsEveryLeafWithItsValue) {
  const auto compiled = MustCompile(
      R"(trait.city = "Busan" and (count(purchase) in last 90 days >= 1 or avg(purchase.net) > 1 KRW)
         and last(visit) in last 2 days and recency(purchase) > 60 days and segment("best"))");
  std::vector<std::string> rows;
  for (const LeafResult& leaf : compiled->Explain(view_, kNow, kSeoul)) {
    rows.push_back(leaf.text + " | " + leaf.value + " | " + (leaf.result ? "yes" : "no"));
  }
  EXPECT_THAT(rows, testing::ElementsAre("trait.city = \"Busan\" | Seoul | no",
                                         "count(purchase) IN LAST 90 DAYS >= 1 | 1 | yes",
                                         "avg(purchase.net) > 1 KRW | 30000 KRW | yes",
                                         "last(visit) IN LAST 2 DAYS | absent | no",
                                         "recency(purchase) > 60 DAYS | 70d 0h | yes",
                                         "segment(\"best\") | true | yes"));
}

TEST(CurrencyTest, DecimalsOfIso4217) {
  EXPECT_EQ(CurrencyDecimals("KRW"), 0);
  EXPECT_EQ(CurrencyDecimals("USD"), 2);
  EXPECT_EQ(CurrencyDecimals("KWD"), 3);
  EXPECT_EQ(CurrencyDecimals("usd"), std::nullopt);
  EXPECT_EQ(CurrencyDecimals("RWJ"), std::nullopt);
  EXPECT_EQ(CurrencyDecimals("W J"), std::nullopt);
  EXPECT_EQ(ParseMinor("12.5", 2), 1250);
  EXPECT_EQ(ParseMinor("-12.50", 2), -1250);
  EXPECT_EQ(ParseMinor("12.505", 2), std::nullopt);
  EXPECT_EQ(FormatMoney(-5, 1, "USD"), "-0.05 USD");
  EXPECT_EQ(FormatMoney(100, 3, "KRW"), "33 KRW");
  EXPECT_EQ(FormatMoney(5, 2, "KRW"), "3 KRW");
}

}  // namespace
}  // namespace dangol::expr
