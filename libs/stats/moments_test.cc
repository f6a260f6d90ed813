#include "libs/stats/moments.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace dangol::stats {
namespace {

Sums Of(const std::vector<int64_t>& values) {
  Sums sums;
  for (int64_t value : values) sums.Add(value);
  return sums;
}

TEST(Sums, MeanVarianceAndError) {
  const Sums sums = Of({2, 4, 4, 4, 5, 5, 7, 9, 0});
  EXPECT_EQ(sums.n, 9);
  EXPECT_EQ(sums.responders, 8);
  EXPECT_DOUBLE_EQ(sums.mean(), 40.0 / 9);
  EXPECT_DOUBLE_EQ(sums.response_rate(), 8.0 / 9);
  EXPECT_DOUBLE_EQ(sums.squared_deviations(), 232 - 1600.0 / 9);
  EXPECT_DOUBLE_EQ(sums.sample_variance(), (232 - 1600.0 / 9) / 8);
  EXPECT_DOUBLE_EQ(sums.standard_error(), std::sqrt((232 - 1600.0 / 9) / 72));
}

TEST(Sums, EmptyAndSingleAreZeroNotNaN) {
  EXPECT_EQ(Sums().mean(), 0);
  EXPECT_EQ(Sums().response_rate(), 0);
  EXPECT_EQ(Sums().sample_variance(), 0);
  EXPECT_EQ(Sums().standard_error(), 0);
  const Sums one = Of({-7});
  EXPECT_EQ(one.mean(), -7);
  EXPECT_EQ(one.sample_variance(), 0);
  EXPECT_EQ(one.standard_error(), 0);
}

TEST(Sums, VarianceSurvivesALargeMean) {
  // In doubles the textbook formula loses every digit of this variance of 2.5.
  const int64_t base = 100'000'000'000'000;
  EXPECT_DOUBLE_EQ(Of({base + 1, base + 2, base + 3, base + 4, base + 5}).sample_variance(), 2.5);
  EXPECT_DOUBLE_EQ(Of({-base - 1, -base - 2, -base - 3, -base - 4, -base - 5}).sample_variance(),
                   2.5);
  EXPECT_EQ(Of({base, base, base}).sample_variance(), 0);
  EXPECT_DOUBLE_EQ(Of({-1, 0, 0}).sample_variance(), 1.0 / 3);
}

TEST(Sums, ExtremeValues) {
  const int64_t least = std::numeric_limits<int64_t>::min();
  const Sums sums = Of({least, least});
  EXPECT_EQ(Decimal(sums.sum), "-18446744073709551616");
  EXPECT_EQ(ToWords(sums.sum_squares), (Words{uint64_t{1} << 63, 0}));
  EXPECT_EQ(sums.sample_variance(), 0);

  Sums many;
  many.n = int64_t{1} << 33;
  many.sum = static_cast<Int128>(many.n) * Sums::kMaxExactValue;
  many.sum_squares = static_cast<Uint128>(many.n) * Sums::kMaxExactValue * Sums::kMaxExactValue - 1;
  EXPECT_DOUBLE_EQ(many.mean(), static_cast<double>(Sums::kMaxExactValue));
}

TEST(Sums, AnOrderOfValueZeroIsAResponse) {
  Sums sums;
  sums.Add({.value = 0, .responded = true});
  sums.Add(0);
  EXPECT_EQ(sums.n, 2);
  EXPECT_EQ(sums.responders, 1);
}

TEST(Sums, ReplaceFollowsACustomerAndUndoesExactly) {
  Sums sums = Of({10, 0, 30});
  const Sums before = sums;
  sums.Replace(0, 25);
  EXPECT_EQ(sums, Of({10, 25, 30}));
  sums.Replace(25, -5);  // a return exceeds the purchase
  EXPECT_EQ(sums, Of({10, -5, 30}));
  sums.Replace(Observation{-5, true}, Observation{0, true});
  EXPECT_EQ(sums.responders, 3);
  sums.Replace(Observation{0, true}, Observation{});
  EXPECT_EQ(sums, before);
}

TEST(Sums, WrappedSquaresComeRightAgain) {
  const int64_t huge = std::numeric_limits<int64_t>::max();
  Sums sums = Of({1, 2, 3});
  for (int i = 0; i < 10; ++i) sums.Add(huge);
  for (int i = 0; i < 10; ++i) sums.Replace(huge, 4);
  EXPECT_EQ(sums, Of({1, 2, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4}));
}

TEST(Sums, MergeEqualsAddingAll) {
  Sums merged = Of({1, -2, 3});
  merged.Merge(Of({}));
  merged.Merge(Of({0, 500}));
  EXPECT_EQ(merged, Of({500, 3, 0, 1, -2}));
}

TEST(Sums, EncodingRoundTrips) {
  for (const Sums& sums : {Sums(), Of({1, 2, 3}), Of({-1, -9'000'000'000'000'000'000, 0})}) {
    const std::string bytes = sums.Encode();
    ASSERT_EQ(bytes.size(), Sums::kEncodedBytes);
    const auto decoded = Sums::Decode(bytes);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, sums);
    EXPECT_EQ(FromWords(ToWords(sums.sum_squares)), sums.sum_squares);
    EXPECT_EQ(static_cast<Int128>(FromWords(ToWords(static_cast<Uint128>(sums.sum)))), sums.sum);
  }
  const Sums example{.n = 1, .responders = 1, .sum = 0x0203, .sum_squares = 0x0405};
  const std::string bytes = example.Encode();  // stored data: the layout may not change
  EXPECT_EQ(bytes[7], 1);
  EXPECT_EQ(bytes[30], 2);
  EXPECT_EQ(bytes[31], 3);
  EXPECT_EQ(bytes[46], 4);
  EXPECT_EQ(bytes[47], 5);
}

TEST(Sums, DecodeRefusesWhatEncodeNeverWrites) {
  EXPECT_EQ(Sums::Decode("").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Sums::Decode(std::string(47, '\0')).status().code(), absl::StatusCode::kDataLoss);
  const Sums wrong{.n = 1, .responders = 2};
  EXPECT_EQ(Sums::Decode(wrong.Encode()).status().code(), absl::StatusCode::kDataLoss);
}

TEST(Decimal, Limits) {
  EXPECT_EQ(Decimal(0), "0");
  EXPECT_EQ(Decimal(-120), "-120");
  const auto least = static_cast<Int128>(Uint128{1} << 127);
  EXPECT_EQ(Decimal(least), "-170141183460469231731687303715884105728");
}

}  // namespace
}  // namespace dangol::stats
