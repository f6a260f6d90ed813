// Which nodes are left alone for now, because they did not answer.
#pragma once

#include <map>

#include "absl/status/status.h"
#include "libs/base/mutex.h"
#include "libs/base/rng.h"
#include "libs/base/types.h"
#include "libs/online/address.h"

namespace dangol::online {

// Exponential, with jitter: `min_us` after the first failure, doubling up to `max_us`; each is
// drawn from its upper half, so that many processes do not come back at once. Not thread-safe.
class RetryDelay {
 public:
  RetryDelay(Micros min_us, Micros max_us, uint64_t seed)
      : min_us_(min_us), max_us_(max_us), rng_(seed) {}
  // After so many failures in a row, one at least.
  Micros After(int failures);

 private:
  const Micros min_us_;
  const Micros max_us_;
  Rng rng_;
};

// Thread-safe; shared by the connections of a process, so that a node that is away costs one of
// its callers a timeout and the others nothing.
class Backoff {
 public:
  Backoff(Micros min_us, Micros max_us, uint64_t seed) : delay_(min_us, max_us, seed) {}

  // The last failure's code and text: not before its time. One caller gets OK when the time
  // has come; the others wait for what it finds, or for as long again.
  absl::Status MayTry(const Address& node, Micros now);
  void Succeeded(const Address& node);
  void Failed(const Address& node, const absl::Status& why, Micros now);

  // When the next node may be tried; `now` if none is left alone.
  Micros NextTry(Micros now) const;

 private:
  static constexpr size_t kNodesMax = 1000;  // as large as clusters get; one over is forgotten
  struct Node {
    int failures = 0;
    Micros retry_at = 0;
    absl::Status why;
  };

  mutable Mutex mu_;
  RetryDelay delay_;               // guarded by mu_
  std::map<Address, Node> nodes_;  // guarded by mu_; only those that failed
};

}  // namespace dangol::online
