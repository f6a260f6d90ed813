// Sample-ratio check: did the cells get the shares that assignment promised?
#pragma once

#include <cstdint>

#include "absl/types/span.h"

namespace dangol::stats {

// Below this p-value the comparison of cells is not to be trusted (Fabijan et al., KDD 2019,
// "Diagnosing Sample Ratio Mismatch in Online Controlled Experiments", use 0.0005 to 0.001).
inline constexpr double kSampleRatioAlarm = 0.001;

struct SampleRatio {
  double chi_square = 0;
  int degrees_of_freedom = 0;
  double p_value = 1;
  bool mismatch = false;  // p_value < kSampleRatioAlarm
  // False: too few customers or cells for the test, or counts and shares that make no sense.
  bool defined = false;
};

// Pearson's chi-square of observed counts against expected shares, in the same order. Shares are
// weights: they need not sum to 1. Cells with fewer than 5 customers expected are put together,
// because the chi-square approximation gives false alarms there (Cochran, Biometrics 10 (1954)
// 417–451), so that a pilot of a few customers does not cry wolf. A customer in a cell of share 0
// is a mismatch at any size: p_value 0, chi_square that of the other cells. Pure, never NaN.
SampleRatio CheckSampleRatio(absl::Span<const int64_t> observed, absl::Span<const double> shares);

}  // namespace dangol::stats
