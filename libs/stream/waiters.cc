#include "libs/stream/waiters.h"

namespace dangol {

uint64_t Waiters::Add(Scope scope, const std::string& request_id, uint64_t command_hash,
                      Callback fn) {
  MutexLock lock(mu_);
  const uint64_t id = next_id_++;
  waiters_.emplace(id, Waiter{scope, request_id, command_hash, std::move(fn)});
  return id;
}

bool Waiters::Forget(uint64_t id) {
  MutexLock lock(mu_);
  return waiters_.erase(id) > 0;
}

bool Waiters::empty() const {
  MutexLock lock(mu_);
  return waiters_.empty();
}

// The few who wait at a time are walked: there is one per caller in flight.
template <typename Matches>
std::vector<Waiters::Callback> Waiters::Extract(const Matches& matches) {
  std::vector<Callback> found;
  MutexLock lock(mu_);
  for (auto it = waiters_.begin(); it != waiters_.end();) {
    auto here = it++;
    if (!matches(here->second)) continue;
    found.push_back(std::move(here->second.fn));
    waiters_.erase(here);
  }
  return found;
}

void Waiters::Resolve(Scope scope, const Reply& reply) {
  auto found = Extract([&](const Waiter& w) {
    return w.scope == scope && w.command_hash == reply.command_hash &&
           w.request_id == reply.request_id;
  });
  for (const Callback& fn : found) fn(reply.outcome);
}

void Waiters::FailScope(Scope scope, const absl::Status& status) {
  for (const Callback& fn : Extract([&](const Waiter& w) { return w.scope == scope; })) fn(status);
}

void Waiters::FailAll(const absl::Status& status) {
  for (const Callback& fn : Extract([](const Waiter&) { return true; })) fn(status);
}

}  // namespace dangol
