#include "libs/stats/binomial_band.h"

#include "libs/stats/distributions.h"

namespace dangol::stats {
namespace {

// The smallest k in [0, n] for which `holds`, which is false and then true; it holds at n.
template <typename Predicate>
int64_t FirstWhere(int64_t n, Predicate holds) {
  int64_t low = 0;
  int64_t high = n;
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    if (holds(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace

CountBand BinomialBand(int64_t n, double p, double confidence) {
  if (n <= 0) return {0, 0};
  if (!(p >= 0 && p <= 1) || !(confidence > 0 && confidence < 1)) return {0, n};
  const double tail = (1 - confidence) / 2;
  return {FirstWhere(n, [&](int64_t k) { return BinomialCdf(n, p, k) > tail; }),
          FirstWhere(n, [&](int64_t k) { return BinomialUpper(n, p, k) <= tail; })};
}

}  // namespace dangol::stats
