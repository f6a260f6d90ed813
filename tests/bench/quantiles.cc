#include "tests/bench/quantiles.h"

#include <algorithm>
#include <cmath>

namespace dangol::bench {
namespace {

constexpr size_t kEnoughForThousandths = 1'000;

}  // namespace

double Quantile(const std::vector<double>& sorted, double q) {
  if (sorted.empty()) return 0;
  const auto rank = static_cast<size_t>(std::ceil(q * static_cast<double>(sorted.size())));
  return sorted[std::clamp<size_t>(rank, 1, sorted.size()) - 1];
}

void AddLatencies(const std::string& name, std::vector<double> ms, const std::string& peer,
                  double peer_ms, double aim_p99_ms, std::vector<Figure>* figures) {
  std::sort(ms.begin(), ms.end());
  const auto add = [&](const char* which, double q, double aim) {
    figures->push_back({name + ", " + which, Quantile(ms, q), "ms", peer, peer_ms, aim, true});
  };
  add("p50", 0.5, 0);
  add("p99", 0.99, aim_p99_ms);
  if (ms.size() >= kEnoughForThousandths) add("p99.9", 0.999, 0);
}

}  // namespace dangol::bench
