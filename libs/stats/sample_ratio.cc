#include "libs/stats/sample_ratio.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "libs/stats/distributions.h"

namespace dangol::stats {
namespace {

constexpr double kLeastExpected = 5;

struct Cell {
  double observed = 0;
  double expected = 0;
};

bool IsSensible(absl::Span<const int64_t> observed, absl::Span<const double> shares) {
  if (observed.size() != shares.size()) return false;
  const auto is_share = [](double share) { return share >= 0 && std::isfinite(share); };
  return std::all_of(shares.begin(), shares.end(), is_share) &&
         std::all_of(observed.begin(), observed.end(), [](int64_t count) { return count >= 0; });
}

// Cells ordered by expectation, the smallest put together until each expects enough.
std::vector<Cell> Pool(std::vector<Cell> cells) {
  std::sort(cells.begin(), cells.end(),
            [](const Cell& a, const Cell& b) { return a.expected < b.expected; });
  std::vector<Cell> pooled;
  for (const Cell& cell : cells) {
    if (!pooled.empty() && pooled.back().expected < kLeastExpected) {
      pooled.back().observed += cell.observed;
      pooled.back().expected += cell.expected;
    } else {
      pooled.push_back(cell);
    }
  }
  return pooled;
}

}  // namespace

SampleRatio CheckSampleRatio(absl::Span<const int64_t> observed, absl::Span<const double> shares) {
  SampleRatio result;
  if (!IsSensible(observed, shares)) return result;
  double total = 0;
  double weight = 0;
  bool impossible = false;
  for (size_t i = 0; i < observed.size(); ++i) {
    weight += shares[i];
    if (shares[i] > 0) total += static_cast<double>(observed[i]);
    if (shares[i] == 0 && observed[i] > 0) impossible = true;
  }
  if (!(weight > 0) || !std::isfinite(weight)) return result;

  std::vector<Cell> cells;
  for (size_t i = 0; i < observed.size(); ++i) {
    if (shares[i] > 0) {
      cells.push_back({static_cast<double>(observed[i]), total * (shares[i] / weight)});
    }
  }
  cells = Pool(std::move(cells));
  if (cells.size() >= 2) {
    for (const Cell& cell : cells) {
      const double gap = cell.observed - cell.expected;
      result.chi_square += gap * gap / cell.expected;
    }
    result.degrees_of_freedom = static_cast<int>(cells.size()) - 1;
    result.p_value = ChiSquareUpper(result.degrees_of_freedom, result.chi_square);
    result.defined = true;
  }
  if (impossible) {
    result.p_value = 0;
    result.defined = true;
  }
  result.mismatch = result.p_value < kSampleRatioAlarm;
  return result;
}

}  // namespace dangol::stats
