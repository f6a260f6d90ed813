// Latencies of single calls, and what is said of them.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/results.h"

namespace dangol::bench {

// The least of `sorted` that a share `q` of them does not exceed (nearest rank); 0 of none.
double Quantile(const std::vector<double>& sorted, double q);

// One figure "<name>, p50" in ms for each of p50, p99 and, from 1,000 values on, p99.9. `peer_ms`
// is one value for all; `aim_p99_ms` 0: none.
void AddLatencies(const std::string& name, std::vector<double> ms, const std::string& peer,
                  double peer_ms, double aim_p99_ms, std::vector<Figure>* figures);

}  // namespace dangol::bench
