// Callers who wait for the durable outcome of a command.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "libs/base/mutex.h"
#include "libs/base/types.h"

namespace dangol {

// The outcome of one handled command. Callers of the same request id but another body or principal
// have another hash.
struct Reply {
  std::string request_id;
  uint64_t command_hash = 0;
  absl::StatusOr<std::string> outcome;
};

// Thread-safe. Each callback is called exactly once, without the lock, by Resolve, FailScope or
// FailAll; never after Forget returned true.
class Waiters {
 public:
  using Callback = std::function<void(absl::StatusOr<std::string>)>;

  uint64_t Add(Scope scope, const std::string& request_id, uint64_t command_hash, Callback fn);
  // False: it was resolved, or is just being.
  bool Forget(uint64_t id);
  void Resolve(Scope scope, const Reply& reply);
  void FailScope(Scope scope, const absl::Status& status);
  void FailAll(const absl::Status& status);
  bool empty() const;

 private:
  struct Waiter {
    Scope scope;
    std::string request_id;
    uint64_t command_hash;
    Callback fn;
  };
  template <typename Matches>
  std::vector<Callback> Extract(const Matches& matches);

  mutable Mutex mu_;
  uint64_t next_id_ = 1;                           // guarded by mu_
  absl::flat_hash_map<uint64_t, Waiter> waiters_;  // guarded by mu_
};

}  // namespace dangol
