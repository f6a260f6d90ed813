// Thompson probabilities that the scopes of a process share: each of them meets the same state of
// knowledge, and working it out takes some thousand draws.
#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "libs/base/mutex.h"
#include "services/offer/domain/policy.h"

namespace dangol::offer {

// Thread-safe. What it answers depends on nothing but the question.
class PropensityMemo {
 public:
  // ThompsonProbabilities(candidates, seed).
  std::vector<double> Thompson(absl::Span<const Candidate> candidates, uint64_t seed);

 private:
  Mutex mu_;
  absl::flat_hash_map<std::string, std::vector<double>> known_;  // guarded by mu_
};

}  // namespace dangol::offer
