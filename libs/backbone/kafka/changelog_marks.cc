#include "libs/backbone/kafka/changelog_marks.h"

namespace dangol::kafka {

// Of a scope. Where there are more, every second one goes: a replay begins a little earlier.
constexpr size_t kMostKept = 1024;

void SealOffsets::Note(Scope scope, uint64_t cycle, uint64_t offset) {
  MutexLock lock(mu_);
  auto& seals = seals_[scope];
  if (!seals.empty() && seals.back().first >= cycle) seals.clear();  // another life of the scope
  seals.emplace_back(cycle, offset);
  if (seals.size() <= kMostKept) return;
  for (size_t kept = 0; kept < seals.size() / 2; ++kept) seals[kept] = seals[2 * kept];
  seals[seals.size() / 2] = seals.back();
  seals.resize(seals.size() / 2 + 1);
}

uint64_t SealOffsets::UpTo(Scope scope, uint64_t cycle) {
  MutexLock lock(mu_);
  const auto it = seals_.find(scope);
  if (it == seals_.end()) return 0;
  auto& seals = it->second;
  while (seals.size() > 1 && seals[1].first <= cycle) seals.pop_front();
  return seals.front().first <= cycle ? seals.front().second : 0;
}

void SealOffsets::Forget(Scope scope) {
  MutexLock lock(mu_);
  seals_.erase(scope);
}

}  // namespace dangol::kafka
