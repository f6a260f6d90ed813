// How many customers a comparison needs, and how small a lift it can find.
//
// Normal approximation with unpooled variance, the same as RateLift's interval, so that what is
// planned is what is later measured. With K = z(1 − alpha/2) + z(power) and lift d = p1 − p0:
//   d = K·√(p1q1/n1 + p0q0/n0).
// Source: Chow, Shao and Wang, Sample Size Calculations in Clinical Research, 2nd ed., section
// 4.2.1 (test for equality of two proportions, parallel design). Pure functions; std::nullopt where
// the arguments make no sense or no sample suffices, never NaN.
#pragma once

#include <cstdint>
#include <optional>

namespace dangol::stats {

struct PowerTarget {
  double alpha = 0.05;  // two-sided, in (0, 1)
  double power = 0.8;   // in (0.5, 1)
};

// The smallest increase above `baseline_rate` that is found with the target's power; nullopt where
// not even a rate of 1 would be.
std::optional<double> MinimalDetectableRateLift(double baseline_rate, int64_t treated_n,
                                                int64_t control_n, PowerTarget target = {});

// The smallest difference of means, given the standard deviation of the metric in both cells.
std::optional<double> MinimalDetectableMeanLift(double standard_deviation, int64_t treated_n,
                                                int64_t control_n, PowerTarget target = {});

struct SampleSize {
  int64_t treated = 0;
  int64_t control = 0;
};

// Customers needed to find `lift` (may be negative) on `baseline_rate` when `control_share` of all
// customers are control; each cell is rounded up.
std::optional<SampleSize> SampleSizeForRate(double baseline_rate, double lift, double control_share,
                                            PowerTarget target = {});

// Probability that a two-sided test at `alpha` finds the difference of these two rates on its own
// side (the chance of finding it with the wrong sign is left out).
std::optional<double> PowerForRate(double baseline_rate, double lift, int64_t treated_n,
                                   int64_t control_n, double alpha = 0.05);

}  // namespace dangol::stats
