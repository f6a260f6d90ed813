// The counts that chance explains: for tests of coverage and of sampling frequencies.
#pragma once

#include <cstdint>

namespace dangol::stats {

struct CountBand {
  int64_t low = 0;
  int64_t high = 0;
  bool Contains(int64_t count) const { return count >= low && count <= high; }
};

// The narrowest central band [low, high] of X ~ Binomial(n, p): P(X < low) and P(X > high) are each
// at most (1 − confidence)/2, exactly, with no normal approximation. So a right program leaves it
// with probability at most 1 − confidence. [0, n] where p is outside [0, 1] or confidence outside
// (0, 1); [0, 0] for n ≤ 0. Pure.
CountBand BinomialBand(int64_t n, double p, double confidence);

}  // namespace dangol::stats
