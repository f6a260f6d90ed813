// Takes durable effects to their performers, and what became of them to the scope's inbox.
#pragma once

#include <memory>
#include <vector>

#include "libs/backbone/log.h"
#include "libs/stream/options.h"
#include "libs/stream/scope_runner.h"

namespace dangol {

// Thread-safe. Delivery: each effect handed in has its outcome appended at least once while this
// process lives, unless its scope is lost before it begins; the scope ignores what it has already
// settled.
class Courier {
 public:
  // `env` outlives it and every performer that still holds a `done`: stop performers first.
  explicit Courier(const ScopeEnv* env);
  ~Courier();

  void Start();
  void Stop();

  // The effects of a durable cycle; `not_after` as in EffectPerformer::Perform.
  void Dispatch(Scope scope, std::vector<Effect> effects, Micros not_after);
  // Effects found in the ledger of an acquired scope.
  void Recover(Scope scope, std::vector<Effect> effects);
  // The scope was lost: what was handed in for it and has not begun never does, and nobody is told
  // of it, as the next owner finds it in the ledger. Returns once no performer is being called.
  void Forget(Scope scope);

  // Effects whose outcome is not yet durable in an inbox.
  int64_t in_flight() const;
  // Manual drive: performs or appends once on the calling thread; false: nothing to do now.
  bool RunOnce();

 private:
  class Core;
  const std::shared_ptr<Core> core_;
};

}  // namespace dangol
