// Lift: what a treatment changed, treated minus baseline, with its interval and test.
//
// Every number is finite whatever the input; read `measured` and `defined` before showing one.
// Pure functions, safe from any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "libs/stats/moments.h"

namespace dangol::stats {

inline constexpr double kDefaultConfidence = 0.95;

struct Interval {
  double low = 0;
  double high = 0;
};

struct Lift {
  double treated = 0;   // rate or mean of the treated cell
  double baseline = 0;  // of the cell it is compared with
  double difference = 0;
  double standard_error = 0;
  Interval interval;  // when not defined: the difference at both ends
  // Of Welch's t; 0 for rates, which use the normal.
  double degrees_of_freedom = 0;
  double p_value = 1;  // two-sided; 1 when not defined
  // difference ÷ baseline; none where the baseline is zero.
  std::optional<double> relative;
  // Both cells have customers (and the arguments make sense): the difference is a fact.
  bool measured = false;
  // There is variance to judge it by: the standard error, interval and p-value say something.
  bool defined = false;
};

// Rates. Interval: Wald with unpooled variance, (p1 − p0) ± z·√(p1q1/n1 + p0q0/n0). p-value: the
// two-proportion z test, whose variance is pooled because the test supposes equal rates; it can
// therefore part from the interval at the margin. Source: Agresti, Categorical Data Analysis, 3rd
// ed., sections 3.1.1 and 3.1.3.
// Not defined where both rates are 0 or 1. Not measured where n ≤ 0, successes are outside [0, n]
// or confidence is outside (0, 1).
Lift RateLift(int64_t treated_successes, int64_t treated_n, int64_t baseline_successes,
              int64_t baseline_n, double confidence = kDefaultConfidence);

// Means of the metric times `scale` (0.01 turns cents into dollars). Standard error
// √(s1²/n1 + s0²/n0), Student's t with Welch–Satterthwaite degrees of freedom; the p-value is that
// of the same test. Source: Welch, Biometrika 34 (1947) 28–35; Satterthwaite, Biometrics Bulletin 2
// (1946) 110–114.
// Not defined where a cell has fewer than two customers or neither cell varies. Not measured where
// a cell is empty, scale is not positive and finite, or confidence is outside (0, 1).
Lift MeanLift(const Sums& treated, const Sums& baseline, double scale = 1,
              double confidence = kDefaultConfidence);

}  // namespace dangol::stats
