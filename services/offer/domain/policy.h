// Which offer to choose, and with what probability.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "libs/base/rng.h"

namespace dangol::offer {

// No eligible offer is chosen with a smaller probability, so that every propensity can be divided
// by.
inline constexpr double kPropensityFloor = 0.01;
// More eligible offers than this leave the floor no room.
inline constexpr size_t kMaxOffers = 50;

// What is known of one eligible offer.
struct Candidate {
  int64_t contacts = 0;
  int64_t responses = 0;  // at most contacts
  int64_t response_value_minor = 1;
  double unit_cost_minor = 0;
};

// Expected value of a contact in minor units under the posterior mean.
double ExpectedValue(const Candidate& candidate);

// The probability of each candidate under Thompson sampling (Thompson 1933): how often its draw of
// θ ~ Beta(1 + responses, 1 + contacts − responses) gives the greatest θ × value − cost, over
// `draws` seeded draws; then mixed with the floor: floor + (1 − n × floor) × frequency.
std::vector<double> ThompsonProbabilities(absl::Span<const Candidate> candidates, uint64_t seed,
                                          int draws = 4000);

// The same probability for each of n > 0.
std::vector<double> UniformProbabilities(size_t n);

// The first takes all but the floor of the others.
std::vector<double> FirstProbabilities(size_t n);

// The index at which the cumulative probability passes `u` in [0, 1).
size_t Choose(absl::Span<const double> probabilities, double u);

}  // namespace dangol::offer
