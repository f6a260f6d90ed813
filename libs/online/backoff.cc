#include "libs/online/backoff.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace dangol::online {

Micros RetryDelay::After(int failures) {
  Micros delay = min_us_;
  for (int i = 1; i < failures && delay < max_us_; ++i) delay *= 2;
  delay = std::min(delay, max_us_);
  return delay - static_cast<Micros>(rng_.Below(static_cast<uint64_t>(delay) / 2 + 1));
}

absl::Status Backoff::MayTry(const Address& node, Micros now) {
  MutexLock lock(mu_);
  const auto it = nodes_.find(node);
  if (it == nodes_.end()) return absl::OkStatus();
  if (now < it->second.retry_at)
    return absl::Status(
        it->second.why.code(),
        absl::StrCat(ToString(node), " is tried again soon: ", it->second.why.message()));
  it->second.retry_at = now + delay_.After(it->second.failures);
  return absl::OkStatus();
}

void Backoff::Succeeded(const Address& node) {
  MutexLock lock(mu_);
  nodes_.erase(node);
}

void Backoff::Failed(const Address& node, const absl::Status& why, Micros now) {
  MutexLock lock(mu_);
  if (nodes_.size() >= kNodesMax && !nodes_.contains(node)) nodes_.erase(nodes_.begin());
  Node& state = nodes_[node];
  ++state.failures;
  state.why = why;
  state.retry_at = now + delay_.After(state.failures);
}

Micros Backoff::NextTry(Micros now) const {
  MutexLock lock(mu_);
  if (nodes_.empty()) return now;
  Micros next = kNever;
  for (const auto& [address, node] : nodes_) next = std::min(next, node.retry_at);
  return std::max(next, now);
}

}  // namespace dangol::online
