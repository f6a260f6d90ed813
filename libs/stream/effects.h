// Performing effects: the only place where the system acts on the outside.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "libs/base/types.h"
#include "libs/stream/context.h"

namespace dangol {

enum class EffectResult {
  kAccepted,
  kFailed,   // definite: nothing was delivered
  kUnknown,  // ambiguous: it may have been delivered
  kDelivered,
};

struct EffectDone {
  std::string id;
  int32_t attempt = 1;
  EffectResult result = EffectResult::kUnknown;
  std::string provider_message_id;
  std::string detail;
};

// One per service that requests effects. Thread-safe. `done` may be called from any thread, and is
// called exactly once per effect; the runtime turns it into an inbox record of the scope.
class EffectPerformer {
 public:
  using DoneFn = std::function<void(EffectDone)>;
  virtual ~EffectPerformer() = default;

  // The effects of one durable cycle of one scope. No byte, retries included, starts after
  // `not_after` (SteadyMicros): an effect not begun by then is done as kFailed, "not started".
  virtual void Perform(Scope scope, std::vector<Effect> effects, Micros not_after,
                       const DoneFn& done) = 0;

  // Effects found in the ledger of a scope just acquired: their outcome was lost with the process
  // that performed them. Done as kUnknown unless the channel can tell or may repeat.
  virtual void Recover(Scope scope, std::vector<Effect> effects, const DoneFn& done) = 0;
};

inline constexpr Micros kEffectStartLimit = 5 * kMicrosPerSecond;

}  // namespace dangol
