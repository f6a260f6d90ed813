#include "libs/stats/lift.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "libs/stats/economics.h"

namespace dangol::stats {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Sums Of(const std::vector<int64_t>& values) {
  Sums sums;
  for (int64_t value : values) sums.Add(value);
  return sums;
}

void ExpectFinite(const Lift& lift) {
  for (double x :
       {lift.treated, lift.baseline, lift.difference, lift.standard_error, lift.interval.low,
        lift.interval.high, lift.degrees_of_freedom, lift.p_value, lift.relative.value_or(0)}) {
    EXPECT_TRUE(std::isfinite(x)) << x;
  }
  EXPECT_GE(lift.p_value, 0);
  EXPECT_LE(lift.p_value, 1);
}

TEST(MeanLift, AgreesWithThePublishedWelchExample) {
  // The first example of Rosetta Code's "Welch's t-test", in tenths, with its published p-value.
  const Sums a = Of({275, 210, 190, 236, 170, 179, 169, 201, 219, 226, 231, 196, 190, 217, 214});
  const Sums b = Of({271, 220, 208, 234, 234, 235, 258, 220, 248, 202, 219, 221, 229, 205, 244});
  const Lift lift = MeanLift(a, b, 0.1);
  EXPECT_NEAR(lift.treated, 20.82, 1e-9);
  EXPECT_NEAR(lift.p_value, 0.021378001462867, 1e-12);
  EXPECT_NEAR(lift.degrees_of_freedom, 24.9885292902309, 1e-9);
  // The published interval rests on a t quantile that is 1.5e-8 off: its tail, integrated
  // numerically, is 0.025 + 8e-10, while ours is right to 1e-15.
  EXPECT_NEAR(lift.interval.low, -3.98409625405368, 2e-8);
  EXPECT_NEAR(lift.interval.high, -0.349237079279662, 2e-8);
}

TEST(MeanLift, OneCellWithoutVarianceFollowsTheOther) {
  const Lift lift = MeanLift(Of({1, 2, 3, 4}), Of({2, 2, 2}));
  EXPECT_TRUE(lift.defined);
  EXPECT_DOUBLE_EQ(lift.degrees_of_freedom, 3);
  // Variance 5/3 of four; t(0.975; 3) from the tables, where the normal would give 1.96.
  EXPECT_NEAR(lift.standard_error, std::sqrt(5.0 / 12), 1e-12);
  EXPECT_NEAR(lift.interval.high, 0.5 + 3.182446305284263 * std::sqrt(5.0 / 12), 1e-9);
  ExpectFinite(lift);
}

TEST(MeanLift, WithoutEnoughToJudgeItIsMeasuredButNotDefined) {
  for (const Lift& lift : {MeanLift(Of({5}), Of({1, 2, 3})), MeanLift(Of({5, 6}), Of({1})),
                           MeanLift(Of({5, 5}), Of({1, 1, 1}))}) {
    EXPECT_TRUE(lift.measured);
    EXPECT_FALSE(lift.defined);
    EXPECT_GT(lift.difference, 2);
    EXPECT_EQ(lift.interval.low, lift.difference);
    EXPECT_EQ(lift.p_value, 1);
    ExpectFinite(lift);
  }
}

TEST(MeanLift, EmptyCellsAndSenselessArgumentsAreNotMeasured) {
  const Sums some = Of({1, 2, 3});
  const double infinity = std::numeric_limits<double>::infinity();
  for (const Lift& lift :
       {MeanLift(Sums(), some), MeanLift(some, Sums()), MeanLift(some, some, 0),
        MeanLift(some, some, -1), MeanLift(some, some, kNaN), MeanLift(some, some, infinity),
        MeanLift(some, some, 1, 0), MeanLift(some, some, 1, 1), MeanLift(some, some, 1, kNaN)}) {
    EXPECT_FALSE(lift.measured);
    EXPECT_FALSE(lift.defined);
    ExpectFinite(lift);
  }
}

TEST(MeanLift, NoRelativeLiftOnAZeroBaseline) {
  const Lift lift = MeanLift(Of({0, 10, 20}), Of({0, 0, 0}));
  EXPECT_TRUE(lift.defined);
  EXPECT_FALSE(lift.relative.has_value());
  ExpectFinite(lift);
}

TEST(MeanLift, ExtremesStayFinite) {
  const int64_t most = Sums::kMaxExactValue;
  ExpectFinite(MeanLift(Of({most, -most, 0}), Of({0, 0, 1}), 1e300));
  ExpectFinite(MeanLift(Of({most, most, most - 1}), Of({0, 0, 1}), 1e-300));
  ExpectFinite(MeanLift(Of({1, 2}), Of({3, 5}), 1, std::nextafter(1.0, 0.0)));
  ExpectFinite(MeanLift(Of({1, 2}), Of({3, 5}), 1, std::numeric_limits<double>::denorm_min()));
}

TEST(MeanLift, ConfidenceWidensTheInterval) {
  const Sums a = Of({1, 2, 3, 4, 5});
  const Sums b = Of({2, 4, 4, 4, 2});
  const Lift narrow = MeanLift(a, b, 1, 0.8);
  const Lift wide = MeanLift(a, b, 1, 0.99);
  EXPECT_LT(wide.interval.low, narrow.interval.low);
  EXPECT_GT(wide.interval.high, narrow.interval.high);
}

TEST(RateLift, ByHand) {
  const Lift lift = RateLift(30, 100, 20, 100);
  EXPECT_NEAR(lift.difference, 0.1, 1e-15);
  EXPECT_NEAR(lift.standard_error, std::sqrt(0.0021 + 0.0016), 1e-15);
  EXPECT_NEAR(lift.interval.low, 0.1 - 1.959963984540054 * std::sqrt(0.0037), 1e-14);
  EXPECT_NEAR(*lift.relative, 0.5, 1e-14);
  EXPECT_EQ(lift.degrees_of_freedom, 0);
  // z² = 8/3 is Pearson's chi-square of the table.
  EXPECT_NEAR(lift.p_value, std::erfc(std::sqrt(8.0 / 3 / 2)), 1e-14);
}

TEST(RateLift, EdgesAreFlagged) {
  for (const Lift& lift : {RateLift(0, 10, 0, 10), RateLift(10, 10, 0, 5), RateLift(1, 1, 1, 1)}) {
    EXPECT_TRUE(lift.measured);
    EXPECT_FALSE(lift.defined);
    EXPECT_EQ(lift.p_value, 1);
    ExpectFinite(lift);
  }
  for (const Lift& lift :
       {RateLift(0, 0, 1, 2), RateLift(1, 2, 0, 0), RateLift(3, 2, 1, 2), RateLift(-1, 2, 1, 2),
        RateLift(1, 2, 1, 2, 1.5), RateLift(1, 2, 1, 2, kNaN)}) {
    EXPECT_FALSE(lift.measured);
    EXPECT_FALSE(lift.defined);
    ExpectFinite(lift);
  }
  const Lift none_in_control = RateLift(3, 10, 0, 10);
  EXPECT_TRUE(none_in_control.defined);
  EXPECT_FALSE(none_in_control.relative.has_value());
  ExpectFinite(RateLift(INT64_MAX, INT64_MAX, 1, INT64_MAX));
}

TEST(Economics, RoiIsNetOfCost) {
  const Lift lift = MeanLift(Of({20, 30, 40, 50}), Of({10, 20, 30, 20}));
  const Economics economics = EconomicsOf(lift, 4, {0.5, 2});
  EXPECT_DOUBLE_EQ(economics.contribution_per_head, 0.5 * 15 - 2);
  EXPECT_DOUBLE_EQ(economics.incremental_contribution, 22);
  EXPECT_DOUBLE_EQ(economics.cost, 8);
  EXPECT_DOUBLE_EQ(*economics.roi, 2.75);
  EXPECT_DOUBLE_EQ(economics.interval.low, 0.5 * lift.interval.low - 2);
  EXPECT_DOUBLE_EQ(economics.incremental_interval.high, 4 * (0.5 * lift.interval.high - 2));
  EXPECT_TRUE(economics.defined);
}

TEST(Economics, NothingSpentHasNoRoi) {
  const Economics economics = EconomicsOf(MeanLift(Of({1, 2}), Of({1, 1})), 2, {0.5, 0});
  EXPECT_FALSE(economics.roi.has_value());
  EXPECT_TRUE(economics.gross_rule_go);
}

TEST(Economics, NobodyBoughtIsAKnownLoss) {
  const Economics economics = EconomicsOf(MeanLift(Of({0, 0}), Of({0, 0})), 2, {0.5, 3});
  EXPECT_TRUE(economics.measured);
  EXPECT_FALSE(economics.defined);
  EXPECT_FALSE(economics.settled);
  EXPECT_EQ(economics.contribution_per_head, -3);
  EXPECT_FALSE(economics.gross_rule_go);
  EXPECT_FALSE(economics.rules_disagree);
}

TEST(Economics, SenselessArgumentsAreNotMeasured) {
  const Lift lift = MeanLift(Of({1, 2}), Of({1, 3}));
  for (const Economics& economics :
       {EconomicsOf(Lift(), 2, {0.5, 1}), EconomicsOf(lift, 0, {0.5, 1}),
        EconomicsOf(lift, 2, {-0.5, 1}), EconomicsOf(lift, 2, {0.5, kNaN})}) {
    EXPECT_FALSE(economics.measured);
    EXPECT_FALSE(economics.rules_disagree);
    EXPECT_EQ(economics.contribution_per_head, 0);
  }
}

}  // namespace
}  // namespace dangol::stats
