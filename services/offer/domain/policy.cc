#include "services/offer/domain/policy.h"

namespace dangol::offer {
namespace {

std::vector<double> WithFloor(std::vector<double> frequencies) {
  const double rest = 1.0 - kPropensityFloor * static_cast<double>(frequencies.size());
  for (double& p : frequencies) p = kPropensityFloor + rest * p;
  return frequencies;
}

}  // namespace

double ExpectedValue(const Candidate& c) {
  const double mean =
      (1.0 + static_cast<double>(c.responses)) / (2.0 + static_cast<double>(c.contacts));
  return mean * static_cast<double>(c.response_value_minor) - c.unit_cost_minor;
}

std::vector<double> ThompsonProbabilities(absl::Span<const Candidate> candidates, uint64_t seed,
                                          int draws) {
  if (candidates.size() == 1) return {1.0};
  std::vector<double> frequencies(candidates.size(), 0.0);
  Rng rng(seed);
  for (int draw = 0; draw < draws; ++draw) {
    size_t best = 0;
    double best_score = 0;
    for (size_t i = 0; i < candidates.size(); ++i) {
      const Candidate& c = candidates[i];
      const double theta = rng.Beta(1.0 + static_cast<double>(c.responses),
                                    1.0 + static_cast<double>(c.contacts - c.responses));
      const double score = theta * static_cast<double>(c.response_value_minor) - c.unit_cost_minor;
      if (i == 0 || score > best_score) {
        best = i;
        best_score = score;
      }
    }
    frequencies[best] += 1.0 / draws;
  }
  return WithFloor(std::move(frequencies));
}

std::vector<double> UniformProbabilities(size_t n) {
  return std::vector<double>(n, 1.0 / static_cast<double>(n));
}

std::vector<double> FirstProbabilities(size_t n) {
  if (n == 1) return {1.0};
  std::vector<double> frequencies(n, 0.0);
  frequencies[0] = 1.0;
  return WithFloor(std::move(frequencies));
}

size_t Choose(absl::Span<const double> probabilities, double u) {
  double passed = 0;
  for (size_t i = 0; i + 1 < probabilities.size(); ++i) {
    passed += probabilities[i];
    if (u < passed) return i;
  }
  return probabilities.size() - 1;
}

}  // namespace dangol::offer
