// Before and beside the measurement: sample ratio, power, and the band of counts.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "libs/base/rng.h"
#include "libs/stats/binomial_band.h"
#include "libs/stats/distributions.h"
#include "libs/stats/lift.h"
#include "libs/stats/power.h"
#include "libs/stats/sample_ratio.h"

namespace dangol::stats {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(SampleRatio, ByHand) {
  // Expected 900 and 100: 60²/900 + 60²/100 = 40 on 1 degree of freedom.
  const SampleRatio ratio = CheckSampleRatio({960, 40}, {0.9, 0.1});
  EXPECT_NEAR(ratio.chi_square, 40, 1e-9);
  EXPECT_EQ(ratio.degrees_of_freedom, 1);
  EXPECT_NEAR(ratio.p_value / std::erfc(std::sqrt(20.0)), 1, 1e-9);
  EXPECT_TRUE(ratio.mismatch);
  // On 2 degrees of freedom p = exp(−χ²/2); weights need not sum to 1.
  const SampleRatio three = CheckSampleRatio({90, 100, 110}, {7, 7, 7});
  EXPECT_NEAR(three.chi_square, 2, 1e-12);
  EXPECT_NEAR(three.p_value, std::exp(-1.0), 1e-12);
  EXPECT_FALSE(three.mismatch);
}

TEST(SampleRatio, AlarmsBelowOneInAThousand) {
  // p = exp(−χ²/2) crosses 0.001 at χ² = 13.8155: 83² and 84² on either side.
  EXPECT_FALSE(CheckSampleRatio({1000 - 83, 1000, 1000 + 83}, {1, 1, 1}).mismatch);
  EXPECT_TRUE(CheckSampleRatio({1000 - 84, 1000, 1000 + 84}, {1, 1, 1}).mismatch);
}

TEST(SampleRatio, AFewCustomersDoNotCryWolf) {
  // Expected 9.9 and 0.1: two customers in the small cell would be χ² = 36, p = 2e-9.
  const SampleRatio few = CheckSampleRatio({8, 2}, {0.99, 0.01});
  EXPECT_FALSE(few.defined);
  EXPECT_FALSE(few.mismatch);
  // Expected 494, 3 and 3: the two small cells are judged together.
  const SampleRatio joined = CheckSampleRatio({494, 3, 3}, {0.988, 0.006, 0.006});
  EXPECT_EQ(joined.degrees_of_freedom, 1);
  EXPECT_NEAR(joined.chi_square, 0, 1e-9);
}

TEST(SampleRatio, ACellThatWasPromisedNobody) {
  EXPECT_TRUE(CheckSampleRatio({50, 50, 1}, {0.5, 0.5, 0}).mismatch);
  const SampleRatio unused = CheckSampleRatio({50, 50, 0}, {0.5, 0.5, 0});
  EXPECT_EQ(unused.degrees_of_freedom, 1);
  EXPECT_EQ(unused.p_value, 1);
  EXPECT_FALSE(unused.mismatch);
}

TEST(SampleRatio, SenselessInputIsNotDefined) {
  for (const SampleRatio& ratio :
       {CheckSampleRatio({}, {}), CheckSampleRatio({10}, {1}), CheckSampleRatio({0, 0}, {1, 1}),
        CheckSampleRatio({10, 10}, {1}), CheckSampleRatio({-1, 10}, {1, 1}),
        CheckSampleRatio({10, 10}, {kNaN, 1}), CheckSampleRatio({10, 10}, {-1, 2}),
        CheckSampleRatio({0, 0}, {0, 0}), CheckSampleRatio({9, 9}, {1e308, 1e308})}) {
    EXPECT_FALSE(ratio.defined);
    EXPECT_FALSE(ratio.mismatch);
    EXPECT_EQ(ratio.p_value, 1);
    EXPECT_EQ(ratio.chi_square, 0);
  }
}

TEST(Power, AgreesWithThePublishedExample) {
  // Chow, Shao and Wang, section 4.2: 65 % against 85 %, alpha 5 %, power 80 %: 70 a group.
  const auto size = SampleSizeForRate(0.65, 0.20, 0.5);
  ASSERT_TRUE(size.has_value());
  EXPECT_EQ(size->treated, 70);
  EXPECT_EQ(size->control, 70);
}

TEST(Power, SizeEffectAndPowerAgree) {
  for (double share : {0.05, 0.1, 0.5}) {
    for (double rate : {0.0, 0.005, 0.1, 0.6}) {
      const auto size = SampleSizeForRate(rate, 0.02, share, {0.05, 0.9});
      ASSERT_TRUE(size.has_value());
      const auto power = PowerForRate(rate, 0.02, size->treated, size->control);
      ASSERT_TRUE(power.has_value());
      EXPECT_NEAR(*power, 0.9, 0.02);
      const auto effect =
          MinimalDetectableRateLift(rate, size->treated, size->control, {0.05, 0.9});
      ASSERT_TRUE(effect.has_value());
      EXPECT_NEAR(*effect, 0.02, 0.0005);
      EXPECT_NEAR(*PowerForRate(rate, *effect, size->treated, size->control), 0.9, 1e-9);
    }
  }
  EXPECT_NEAR(*MinimalDetectableMeanLift(10, 200, 200), 2.8015852, 1e-6);
}

// The promise kept by the measurement: at the planned size, RateLift finds the lift as often.
TEST(Power, SimulatedTestsFindTheLiftAsPromised) {
  const auto size = SampleSizeForRate(0.2, 0.05, 0.3);
  ASSERT_TRUE(size.has_value());
  Rng rng(7);
  const auto draw = [&](int64_t n, double p) {
    int64_t successes = 0;
    for (int64_t i = 0; i < n; ++i) successes += rng.Uniform() < p;
    return successes;
  };
  constexpr int kTests = 1000;
  int found = 0;
  int covered = 0;
  for (int i = 0; i < kTests; ++i) {
    const Lift lift = RateLift(draw(size->treated, 0.25), size->treated, draw(size->control, 0.20),
                               size->control);
    found += lift.interval.low > 0;
    covered += lift.interval.low <= 0.05 && lift.interval.high >= 0.05;
  }
  EXPECT_TRUE(BinomialBand(kTests, 0.8, 0.999).Contains(found)) << found;
  EXPECT_TRUE(BinomialBand(kTests, 0.95, 0.999).Contains(covered)) << covered;
}

TEST(Power, SenselessArgumentsHaveNoAnswer) {
  EXPECT_FALSE(SampleSizeForRate(0.5, 0, 0.5));
  EXPECT_FALSE(SampleSizeForRate(0.5, 0.6, 0.5));
  EXPECT_FALSE(SampleSizeForRate(0.5, 0.1, 0));
  EXPECT_FALSE(SampleSizeForRate(0.5, 0.1, 1));
  EXPECT_FALSE(SampleSizeForRate(0.5, 1e-12, 0.5));
  EXPECT_FALSE(SampleSizeForRate(kNaN, 0.1, 0.5));
  EXPECT_FALSE(SampleSizeForRate(0.5, 0.1, 0.5, {0.05, 1}));
  EXPECT_FALSE(SampleSizeForRate(0.5, 0.1, 0.5, {0, 0.8}));
  EXPECT_FALSE(MinimalDetectableRateLift(0.1, 0, 10));
  EXPECT_FALSE(MinimalDetectableRateLift(0.9, 3, 3));
  EXPECT_FALSE(MinimalDetectableRateLift(1, 1000, 1000));
  EXPECT_FALSE(MinimalDetectableMeanLift(0, 10, 10));
  EXPECT_FALSE(PowerForRate(0, 0, 10, 10));
  const auto certain = SampleSizeForRate(0, 1, 0.5);
  ASSERT_TRUE(certain.has_value());
  EXPECT_EQ(certain->treated, 1);
}

TEST(BinomialBand, AgreesWithExactArithmetic) {
  const auto expect = [](int64_t n, double p, double confidence, int64_t low, int64_t high) {
    const CountBand band = BinomialBand(n, p, confidence);
    EXPECT_EQ(band.low, low);
    EXPECT_EQ(band.high, high);
  };
  expect(40, 0.95, 0.99, 34, 40);
  expect(40, 0.95, 0.999, 32, 40);
  expect(400, 0.95, 0.99, 368, 390);
  expect(1000, 0.2, 0.95, 176, 225);
  expect(1000, 0.2, 0.999, 159, 243);
}

TEST(BinomialBand, IsTheNarrowestWithBothTailsSmall) {
  for (int64_t n : {1, 2, 7, 100, 5000}) {
    for (double p : {0.001, 0.3, 0.5, 0.95}) {
      const CountBand band = BinomialBand(n, p, 0.99);
      EXPECT_LE(BinomialCdf(n, p, band.low - 1), 0.005);
      EXPECT_GT(BinomialCdf(n, p, band.low), 0.005);
      EXPECT_LE(BinomialUpper(n, p, band.high), 0.005 + 1e-15);
      EXPECT_GT(BinomialUpper(n, p, band.high - 1), 0.005);
    }
  }
}

TEST(BinomialBand, Edges) {
  const auto is = [](CountBand band, int64_t low, int64_t high) {
    return band.low == low && band.high == high;
  };
  EXPECT_TRUE(is(BinomialBand(0, 0.5, 0.9), 0, 0));
  EXPECT_TRUE(is(BinomialBand(-1, 0.5, 0.9), 0, 0));
  EXPECT_TRUE(is(BinomialBand(10, 0, 0.9), 0, 0));
  EXPECT_TRUE(is(BinomialBand(10, 1, 0.9), 10, 10));
  EXPECT_TRUE(is(BinomialBand(10, kNaN, 0.9), 0, 10));
  EXPECT_TRUE(is(BinomialBand(10, 0.5, 1), 0, 10));
}

}  // namespace
}  // namespace dangol::stats
