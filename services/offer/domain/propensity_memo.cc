#include "services/offer/domain/propensity_memo.h"

#include <utility>

#include "absl/base/casts.h"
#include "absl/strings/str_cat.h"

namespace dangol::offer {
namespace {

// States of knowledge follow each other; old ones are not met again.
constexpr size_t kMost = 10'000;

}  // namespace

std::vector<double> PropensityMemo::Thompson(absl::Span<const Candidate> candidates,
                                             uint64_t seed) {
  std::string question = absl::StrCat(seed);
  for (const Candidate& c : candidates) {
    absl::StrAppend(&question, "|", c.contacts, ",", c.responses, ",", c.response_value_minor, ",",
                    absl::Hex(absl::bit_cast<uint64_t>(c.unit_cost_minor)));
  }
  {
    MutexLock lock(mu_);
    if (const auto it = known_.find(question); it != known_.end()) return it->second;
  }
  // Two may work the same out at once; neither waits for the other.
  std::vector<double> answer = ThompsonProbabilities(candidates, seed);
  MutexLock lock(mu_);
  if (known_.size() >= kMost) known_.clear();
  known_.emplace(std::move(question), answer);
  return answer;
}

}  // namespace dangol::offer
