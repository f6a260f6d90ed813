// A worker's calls of the observer, each when all that the scope shows is durable.
#pragma once

#include <map>
#include <memory>

#include "libs/stream/observer.h"
#include "libs/stream/scope_runner.h"

namespace dangol {

// Belongs to one worker. Without an observer it does nothing. With one, a cycle is computed only
// when the one before is durable and told, so that the observer finds what its commit left: on a
// log whose commits are durable when they return (Kafka) nothing waits.
class Observing {
 public:
  using Runners = std::map<Scope, std::unique_ptr<ScopeRunner>>;

  // `env` outlives it.
  explicit Observing(const ScopeEnv* env) : env_(*env) {}

  void Gained(ScopeRunner& runner);
  void Lost(Scope scope);
  // Takes the cycle that was just committed.
  void Committed(Cycle cycle, uint64_t ticket);
  // Tells of it if it is durable. True: it did.
  bool Tell(Runners& runners);
  // A cycle is not told yet: none may be computed.
  bool waiting() const { return !cycle_.empty(); }
  // Lets the observer work on the next scope that has something to do. With nothing pending.
  bool Work(Runners& runners);

 private:
  ScopeObserver* observer() const { return env_.options->observer; }

  const ScopeEnv& env_;
  Cycle cycle_;
  uint64_t ticket_ = 0;
  size_t rotation_ = 0;
};

}  // namespace dangol
