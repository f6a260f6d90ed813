#include "services/response/domain/merge.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <tuple>

#include "absl/strings/string_view.h"

namespace dangol::response {
namespace {

constexpr absl::string_view kTriggerWave = "trigger";

// Of two exposures of one campaign and person.
bool Conflict(const v1::Exposure& a, const v1::Exposure& b) {
  if (a.campaign() != b.campaign() || a.owner() == b.owner()) return false;
  if (a.is_holdout_twin() != b.is_holdout_twin()) return true;
  return a.wave() == b.wave() && a.wave() != kTriggerWave;
}

template <typename Repeated, typename Key>
void KeepNewest(Repeated* list, int limit, const Key& key) {
  std::sort(list->begin(), list->end(),
            [&](const auto& a, const auto& b) { return key(a) < key(b); });
  if (list->size() > limit) list->DeleteSubrange(0, list->size() - limit);
}

}  // namespace

std::vector<Double> FindDoubles(const v1::CustomerRecord& record) {
  const auto& exposures = record.exposures();
  std::vector<int> order(static_cast<size_t>(exposures.size()));
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int a, int b) {
    const v1::Exposure& x = exposures[a];
    const v1::Exposure& y = exposures[b];
    return std::tuple(x.owner(), x.contact_time_us(), absl::string_view(x.contact_id())) <
           std::tuple(y.owner(), y.contact_time_us(), absl::string_view(y.contact_id()));
  });
  std::vector<Double> doubles(order.size());
  std::vector<int> standing;
  for (const int i : order) {
    const v1::Exposure& one = exposures[i];
    if (one.withdrawn()) continue;
    const auto other = std::find_if(standing.begin(), standing.end(),
                                    [&](int j) { return Conflict(one, exposures[j]); });
    if (other == standing.end()) {
      standing.push_back(i);
      continue;
    }
    const v1::Exposure& stands = exposures[*other];
    doubles[static_cast<size_t>(i)] = {
        true, one.audience() != stands.audience() || one.cell() != stands.cell()};
  }
  return doubles;
}

v1::HandOver HandOverOf(uint64_t from, const v1::CustomerRecord& record,
                        const v1::CustomerResponses& responses) {
  v1::HandOver state;
  *state.mutable_exposures() = record.exposures();
  for (v1::Exposure& exposure : *state.mutable_exposures()) {
    if (exposure.owner() == 0) exposure.set_owner(from);
  }
  *state.mutable_recent() = record.recent();
  *state.mutable_responses() = responses.responses();
  return state;
}

void UniteRecent(const v1::HandOver& state, int limit, v1::CustomerRecord* into) {
  into->mutable_recent()->MergeFrom(state.recent());
  KeepNewest(into->mutable_recent(), limit, [](const v1::SeenActivity& seen) {
    return std::pair(seen.occurred_time_us(), absl::string_view(seen.message_id()));
  });
}

void UniteResponses(const v1::HandOver& state, int limit, v1::CustomerResponses* into) {
  into->mutable_responses()->MergeFrom(state.responses());
  KeepNewest(into->mutable_responses(), limit, [](const auto& response) {
    return std::tuple(response.occurred_time_us(), absl::string_view(response.contact_id()),
                      absl::string_view(response.message_id()));
  });
}

}  // namespace dangol::response
