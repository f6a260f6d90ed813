#include "libs/stats/lift.h"

#include <cmath>

#include "libs/stats/distributions.h"

namespace dangol::stats {
namespace {

// Written so that NaN is refused.
bool IsOpenUnit(double x) { return x > 0 && x < 1; }

Lift PointLift(double treated, double baseline) {
  Lift lift;
  lift.treated = treated;
  lift.baseline = baseline;
  lift.difference = treated - baseline;
  lift.interval = {lift.difference, lift.difference};
  const double relative = lift.difference / baseline;
  if (baseline != 0 && std::isfinite(relative)) lift.relative = relative;
  lift.measured = true;
  return lift;
}

void SetInterval(double critical, double standard_error, Lift* lift) {
  const double half = critical * standard_error;
  lift->standard_error = standard_error;
  if (!std::isfinite(half)) return;  // a confidence so near 1 that nothing is excluded
  lift->interval = {lift->difference - half, lift->difference + half};
  lift->defined = true;
}

}  // namespace

Lift RateLift(int64_t treated_successes, int64_t treated_n, int64_t baseline_successes,
              int64_t baseline_n, double confidence) {
  if (treated_n <= 0 || baseline_n <= 0 || treated_successes < 0 || baseline_successes < 0 ||
      treated_successes > treated_n || baseline_successes > baseline_n || !IsOpenUnit(confidence)) {
    return {};
  }
  const auto n1 = static_cast<double>(treated_n);
  const auto n0 = static_cast<double>(baseline_n);
  const double p1 = static_cast<double>(treated_successes) / n1;
  const double p0 = static_cast<double>(baseline_successes) / n0;
  Lift lift = PointLift(p1, p0);

  const double variance = p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0;
  if (!(variance > 0)) return lift;
  SetInterval(NormalUpperQuantile((1 - confidence) / 2), std::sqrt(variance), &lift);
  if (!lift.defined) return lift;

  const double pooled =
      (static_cast<double>(treated_successes) + static_cast<double>(baseline_successes)) /
      (n1 + n0);
  const double pooled_error = std::sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n0));
  lift.p_value = NormalTwoSided(lift.difference / pooled_error);
  return lift;
}

Lift MeanLift(const Sums& treated, const Sums& baseline, double scale, double confidence) {
  if (treated.n <= 0 || baseline.n <= 0 || !(scale > 0) || !std::isfinite(scale) ||
      !IsOpenUnit(confidence)) {
    return {};
  }
  Lift lift = PointLift(treated.mean() * scale, baseline.mean() * scale);
  if (!std::isfinite(lift.difference)) return {};
  if (treated.n < 2 || baseline.n < 2) return lift;

  const auto n1 = static_cast<double>(treated.n);
  const auto n0 = static_cast<double>(baseline.n);
  const double part1 = treated.sample_variance() / n1;
  const double part0 = baseline.sample_variance() / n0;
  const double standard_error = std::sqrt(part1 + part0) * scale;
  if (!(standard_error > 0) || !std::isfinite(standard_error)) return lift;

  // Welch–Satterthwaite in shares of the variance, which cannot overflow.
  const double share1 = part1 / (part1 + part0);
  const double share0 = part0 / (part1 + part0);
  lift.degrees_of_freedom = 1 / (share1 * share1 / (n1 - 1) + share0 * share0 / (n0 - 1));
  SetInterval(StudentUpperQuantile(lift.degrees_of_freedom, (1 - confidence) / 2), standard_error,
              &lift);
  if (lift.defined) {
    lift.p_value = StudentTwoSided(lift.degrees_of_freedom, lift.difference / standard_error);
  }
  return lift;
}

}  // namespace dangol::stats
