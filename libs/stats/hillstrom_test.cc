// Published results of Hillstrom's e-mail test (64,000 customers, three arms) against this library.
// The inputs are counts and sums of the public file: n, visits, conversions, and spend in cents
// with its squares. The expected numbers are those that others published for it.
#include <gtest/gtest.h>

#include "libs/stats/economics.h"
#include "libs/stats/lift.h"
#include "libs/stats/moments.h"
#include "libs/stats/sample_ratio.h"

namespace dangol::stats {
namespace {

struct Arm {
  int64_t visits;
  int64_t conversions;
  Sums spend;  // cents; a customer who bought responded
};

const Arm kMens{3894, 267, {21307, 267, 3031169, 67590244973}};
const Arm kWomens{3238, 189, {21387, 189, 2303811, 49114465763}};
const Arm kControl{2262, 122, {21306, 122, 1390833, 28700503621}};

constexpr double kRateTolerance = 2e-7;
constexpr double kSpendTolerance = 1e-5;

struct Expected {
  double difference;
  double low;
  double high;
  double relative;
};

void ExpectLift(const Lift& lift, const Expected& expected, double tolerance) {
  EXPECT_TRUE(lift.measured);
  EXPECT_TRUE(lift.defined);
  EXPECT_NEAR(lift.difference, expected.difference, tolerance);
  EXPECT_NEAR(lift.interval.low, expected.low, tolerance);
  EXPECT_NEAR(lift.interval.high, expected.high, tolerance);
  ASSERT_TRUE(lift.relative.has_value());
  EXPECT_NEAR(*lift.relative, expected.relative, tolerance);
}

Lift Visits(const Arm& arm) {
  return RateLift(arm.visits, arm.spend.n, kControl.visits, kControl.spend.n);
}
Lift Conversions(const Arm& arm) {
  return RateLift(arm.conversions, arm.spend.n, kControl.conversions, kControl.spend.n);
}
Lift Spend(const Arm& arm) { return MeanLift(arm.spend, kControl.spend, 0.01); }

TEST(Hillstrom, RatesAndSpendByArm) {
  EXPECT_NEAR(Visits(kMens).treated, 0.18275684047, 1e-9);
  EXPECT_NEAR(Visits(kWomens).treated, 0.15140038341, 1e-9);
  EXPECT_NEAR(Visits(kMens).baseline, 0.10616727682, 1e-9);
  EXPECT_NEAR(Conversions(kMens).treated, 0.01253109307, 1e-9);
  EXPECT_NEAR(Conversions(kWomens).treated, 0.00883714406, 1e-9);
  EXPECT_NEAR(Conversions(kMens).baseline, 0.00572608655, 1e-9);
  EXPECT_NEAR(Spend(kMens).treated, 1.42261651101, 1e-9);
  EXPECT_NEAR(Spend(kWomens).treated, 1.07720157105, 1e-9);
  EXPECT_NEAR(Spend(kMens).baseline, 0.65278935511, 1e-9);
  Sums all = kMens.spend;
  all.Merge(kWomens.spend);
  all.Merge(kControl.spend);
  EXPECT_EQ(all.n, 64000);
  EXPECT_NEAR(all.mean() * 0.01, 1.05090828, 5e-6);
  EXPECT_NEAR(all.response_rate(), 0.00903125, 5e-6);
}

TEST(Hillstrom, VisitLift) {
  ExpectLift(Visits(kMens), {0.07658956365, 0.06995350122, 0.08322562609, 0.7214046168},
             kRateTolerance);
  ExpectLift(Visits(kWomens), {0.04523310659, 0.03889382581, 0.05157238736, 0.4260550703},
             kRateTolerance);
  EXPECT_NEAR(Visits(kMens).p_value / 5.685e-112, 1, 1e-3);
}

TEST(Hillstrom, ConversionLift) {
  ExpectLift(Conversions(kMens), {0.00680500652, 0.00500017138, 0.00860984166, 1.1884218763},
             kRateTolerance);
  ExpectLift(Conversions(kWomens), {0.00311105751, 0.00149867782, 0.0047234372, 0.5433130437},
             kRateTolerance);
  EXPECT_NEAR(Conversions(kMens).p_value / 1.5232e-13, 1, 1e-4);
  EXPECT_NEAR(Conversions(kWomens).p_value / 0.00015711, 1, 1e-4);
}

TEST(Hillstrom, SpendLift) {
  ExpectLift(Spend(kMens), {0.76982715589, 0.48513973257, 1.05451457922, 1.17928877},
             kSpendTolerance);
  ExpectLift(Spend(kWomens), {0.42441221594, 0.16895678988, 0.67986764199, 0.65015186},
             kSpendTolerance);
  EXPECT_NEAR(Spend(kMens).standard_error, 0.14524656025, 1e-10);
  EXPECT_NEAR(Spend(kWomens).standard_error, 0.13033285853, 1e-10);
}

TEST(Hillstrom, ContributionPerHead) {
  const auto per_head = [](const Arm& arm, double margin, double cost) {
    return EconomicsOf(Spend(arm), arm.spend.n, {margin, cost}).contribution_per_head;
  };
  EXPECT_NEAR(per_head(kMens, 0.4, 0.01), 0.297930862, 1e-8);
  EXPECT_NEAR(per_head(kWomens, 0.4, 0.01), 0.159764886, 1e-8);
  EXPECT_NEAR(per_head(kMens, 0.2, 0.10), 0.053965431, 1e-8);
  EXPECT_NEAR(per_head(kWomens, 0.2, 0.10), -0.015117557, 1e-8);
}

TEST(Hillstrom, IncrementalSpendOfTheMailed) {
  // Margin 1 and no cost: the contribution is the sales.
  const auto sales = [](const Arm& arm) {
    return EconomicsOf(Spend(arm), arm.spend.n, {1, 0}).incremental_contribution;
  };
  EXPECT_NEAR(sales(kMens), 16402.71, 0.06);
  EXPECT_NEAR(sales(kWomens), 9076.9, 0.06);
}

TEST(Hillstrom, GrossRuleSaysGoWhereTheIncrementalRuleDoesNot) {
  const Economics womens = EconomicsOf(Spend(kWomens), kWomens.spend.n, {0.2, 0.10});
  EXPECT_NEAR(womens.gross_contribution_per_head, 0.215, 0.0005);
  EXPECT_TRUE(womens.gross_rule_go);
  EXPECT_FALSE(womens.incremental_rule_go);
  EXPECT_TRUE(womens.rules_disagree);
  EXPECT_FALSE(womens.settled);  // −0.015 within an interval of −0.066 to 0.036

  const Economics mens = EconomicsOf(Spend(kMens), kMens.spend.n, {0.2, 0.10});
  EXPECT_TRUE(mens.gross_rule_go);
  EXPECT_TRUE(mens.incremental_rule_go);
  EXPECT_FALSE(mens.rules_disagree);
}

TEST(Hillstrom, SampleRatio) {
  const SampleRatio ratio = CheckSampleRatio({21307, 21387, 21306}, {1, 1, 1});
  EXPECT_TRUE(ratio.defined);
  EXPECT_NEAR(ratio.chi_square, 0.2025, 0.001);
  EXPECT_EQ(ratio.degrees_of_freedom, 2);
  EXPECT_NEAR(ratio.p_value, 0.9037, 0.0005);
  EXPECT_FALSE(ratio.mismatch);
}

}  // namespace
}  // namespace dangol::stats
