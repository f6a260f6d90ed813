#include "services/offer/domain/policy.h"

#include <cmath>
#include <numeric>

#include "gtest/gtest.h"
#include "libs/base/hash.h"
#include "services/offer/domain/propensity_memo.h"

namespace dangol::offer {
namespace {

TEST(PolicyTest, FloorHoldsAndProbabilitiesAddUp) {
  const std::vector<Candidate> candidates = {{1000, 500, 100, 0}, {1000, 1, 100, 0}, {0, 0, 1, 0}};
  for (const auto& p :
       {ThompsonProbabilities(candidates, 1), UniformProbabilities(3), FirstProbabilities(3)}) {
    EXPECT_NEAR(std::accumulate(p.begin(), p.end(), 0.0), 1.0, 1e-9);
    for (double one : p) EXPECT_GE(one, kPropensityFloor - 1e-12);
  }
}

TEST(PolicyTest, ThompsonPrefersWhatEarnsMore) {
  const std::vector<Candidate> candidates = {{2000, 120, 10'000, 100}, {2000, 40, 10'000, 100}};
  EXPECT_GT(ThompsonProbabilities(candidates, 7)[0], 0.95);
  // The same response at a cost that eats the value is worth less.
  const std::vector<Candidate> costly = {{2000, 120, 10'000, 800}, {2000, 100, 10'000, 0}};
  EXPECT_GT(ThompsonProbabilities(costly, 7)[1], 0.95);
}

// Two offers about which nothing is known are equally likely to be the better one.
TEST(PolicyTest, IgnoranceIsFair) {
  const std::vector<Candidate> candidates(2, Candidate{0, 0, 100, 0});
  EXPECT_NEAR(ThompsonProbabilities(candidates, 3, 100'000)[0], 0.5, 0.01);
}

TEST(PolicyTest, TheMemoAnswersAsIfAsked) {
  PropensityMemo memo;
  std::vector<Candidate> candidates = {{500, 30, 9'000, 100}, {500, 25, 9'000, 100}};
  for (int64_t responses : {25, 26, 25}) {
    candidates[1].responses = responses;
    for (uint64_t seed : {1, 2, 1}) {
      EXPECT_EQ(memo.Thompson(candidates, seed), ThompsonProbabilities(candidates, seed));
    }
  }
  candidates[1].unit_cost_minor = 100.25;
  EXPECT_EQ(memo.Thompson(candidates, 1), ThompsonProbabilities(candidates, 1));
}

TEST(PolicyTest, PropensityIsTheFrequencyOfTheChoice) {
  const std::vector<Candidate> candidates = {
      {500, 30, 9'000, 100}, {500, 25, 9'000, 100}, {500, 10, 9'000, 100}, {0, 0, 900, 0}};
  const std::vector<double> p = ThompsonProbabilities(candidates, 11);
  constexpr int kDecisions = 100'000;
  std::vector<int> chosen(p.size());
  for (int i = 0; i < kDecisions; ++i) {
    ++chosen[Choose(p, UnitInterval(HashCombine(42, i)))];
  }
  for (size_t i = 0; i < p.size(); ++i) {
    const double band = 4 * std::sqrt(p[i] * (1 - p[i]) / kDecisions);
    EXPECT_NEAR(static_cast<double>(chosen[i]) / kDecisions, p[i], band) << i;
  }
}

}  // namespace
}  // namespace dangol::offer
