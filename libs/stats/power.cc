#include "libs/stats/power.h"

#include <algorithm>
#include <cmath>

#include "libs/stats/distributions.h"

namespace dangol::stats {
namespace {

// No campaign has more customers; above it a double no longer counts them exactly.
constexpr double kMostCustomers = 9e15;

bool IsRate(double x) { return x >= 0 && x <= 1; }
bool IsOpenUnit(double x) { return x > 0 && x < 1; }

// K of the header; nullopt for a target outside its domain.
std::optional<double> CriticalSum(PowerTarget target) {
  if (!IsOpenUnit(target.alpha) || !(target.power > 0.5 && target.power < 1)) return std::nullopt;
  return NormalUpperQuantile(target.alpha / 2) + NormalUpperQuantile(1 - target.power);
}

}  // namespace

std::optional<double> MinimalDetectableRateLift(double baseline_rate, int64_t treated_n,
                                                int64_t control_n, PowerTarget target) {
  const std::optional<double> critical = CriticalSum(target);
  if (!critical || !IsRate(baseline_rate) || treated_n <= 0 || control_n <= 0) return std::nullopt;
  const auto n1 = static_cast<double>(treated_n);
  const auto n0 = static_cast<double>(control_n);
  // d² = K²·((p0 + d)(1 − p0 − d)/n1 + p0q0/n0), solved for its positive root.
  const double a = *critical * *critical / n1;
  const double b = a * (1 - 2 * baseline_rate);
  const double c = *critical * *critical * baseline_rate * (1 - baseline_rate) * (1 / n1 + 1 / n0);
  const double lift = (b + std::sqrt(b * b + 4 * (1 + a) * c)) / (2 * (1 + a));
  if (!(lift > 0) || lift > 1 - baseline_rate) return std::nullopt;
  return lift;
}

std::optional<double> MinimalDetectableMeanLift(double standard_deviation, int64_t treated_n,
                                                int64_t control_n, PowerTarget target) {
  const std::optional<double> critical = CriticalSum(target);
  if (!critical || !(standard_deviation > 0) || treated_n <= 0 || control_n <= 0) {
    return std::nullopt;
  }
  const double lift =
      *critical * standard_deviation *
      std::sqrt(1 / static_cast<double>(treated_n) + 1 / static_cast<double>(control_n));
  if (!std::isfinite(lift)) return std::nullopt;
  return lift;
}

std::optional<SampleSize> SampleSizeForRate(double baseline_rate, double lift, double control_share,
                                            PowerTarget target) {
  const std::optional<double> critical = CriticalSum(target);
  const double treated_rate = baseline_rate + lift;
  if (!critical || !IsRate(baseline_rate) || !IsRate(treated_rate) || lift == 0 ||
      !IsOpenUnit(control_share)) {
    return std::nullopt;
  }
  // Of N customers in all, n1 = (1 − share)·N and n0 = share·N.
  const double variance = treated_rate * (1 - treated_rate) / (1 - control_share) +
                          baseline_rate * (1 - baseline_rate) / control_share;
  const double ratio = *critical / lift;
  const double all = ratio * ratio * variance;
  if (!(all < kMostCustomers)) return std::nullopt;
  const auto cell = [&](double share) {
    return std::max<int64_t>(1, static_cast<int64_t>(std::ceil(all * share)));
  };
  return SampleSize{cell(1 - control_share), cell(control_share)};
}

std::optional<double> PowerForRate(double baseline_rate, double lift, int64_t treated_n,
                                   int64_t control_n, double alpha) {
  const double treated_rate = baseline_rate + lift;
  if (!IsRate(baseline_rate) || !IsRate(treated_rate) || treated_n <= 0 || control_n <= 0 ||
      !IsOpenUnit(alpha)) {
    return std::nullopt;
  }
  const double variance = treated_rate * (1 - treated_rate) / static_cast<double>(treated_n) +
                          baseline_rate * (1 - baseline_rate) / static_cast<double>(control_n);
  if (!(variance > 0)) return std::nullopt;
  return NormalCdf(std::fabs(lift) / std::sqrt(variance) - NormalUpperQuantile(alpha / 2));
}

}  // namespace dangol::stats
