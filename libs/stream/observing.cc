#include "libs/stream/observing.h"

#include <algorithm>
#include <utility>

namespace dangol {

void Observing::Gained(ScopeRunner& runner) {
  if (observer() == nullptr || !runner.halted().empty()) return;
  observer()->Gained(runner.durable());
}

void Observing::Lost(Scope scope) {
  if (observer() == nullptr) return;
  std::erase_if(cycle_, [&](const ScopeCycle& part) { return part.scope == scope; });
  observer()->Lost(scope);
}

void Observing::Committed(Cycle cycle, uint64_t ticket) {
  if (observer() == nullptr) return;
  cycle_ = std::move(cycle);
  ticket_ = ticket;
}

bool Observing::Tell(Runners& runners) {
  if (cycle_.empty() || env_.log->DurableTicket() < ticket_) return false;
  for (const ScopeCycle& part : std::exchange(cycle_, {})) {
    const auto it = runners.find(part.scope);
    if (it != runners.end()) observer()->Committed(it->second->durable(), part.changes);
  }
  return true;
}

bool Observing::Work(Runners& runners) {
  if (observer() == nullptr) return false;
  for (size_t looked = 0; looked < runners.size(); ++looked) {
    rotation_ = (rotation_ + 1) % runners.size();
    ScopeRunner& runner = *std::next(runners.begin(), static_cast<ptrdiff_t>(rotation_))->second;
    if (runner.halted().empty() && observer()->Work(runner.durable())) return true;
  }
  return false;
}

}  // namespace dangol
