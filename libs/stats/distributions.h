// The tails and quantiles that the tests of this library need. Every result is finite for every
// argument in the stated domain; Boost.Math computes them and is included nowhere else.
#pragma once

#include <cstdint>

namespace dangol::stats {

// Upper quantile of the standard normal: z with P(Z > z) = tail, 0 < tail < 1.
double NormalUpperQuantile(double tail);
// P(Z ≤ z).
double NormalCdf(double z);
// P(|Z| ≥ |z|).
double NormalTwoSided(double z);

// The same of Student's t with `degrees` > 0 degrees of freedom, which need not be whole.
double StudentUpperQuantile(double degrees, double tail);
double StudentTwoSided(double degrees, double t);

// P(χ² ≥ statistic), statistic ≥ 0, degrees ≥ 1.
double ChiSquareUpper(int degrees, double statistic);

// P(X ≤ k) and P(X > k), X ~ Binomial(n, p), 0 ≤ p ≤ 1; k below 0 or above n is allowed.
double BinomialCdf(int64_t n, double p, int64_t k);
double BinomialUpper(int64_t n, double p, int64_t k);

}  // namespace dangol::stats
