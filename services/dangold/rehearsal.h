// Effects in a copy of another system: nobody outside may notice it.
#pragma once

#include <vector>

#include "libs/stream/effects.h"

namespace dangol {

// Calls nobody. Every effect counts as accepted, also those that the other system had under way
// when it was copied. Thread-safe.
class RehearsalPerformer final : public EffectPerformer {
 public:
  void Perform(Scope scope, std::vector<Effect> effects, Micros not_after,
               const DoneFn& done) override;
  void Recover(Scope scope, std::vector<Effect> effects, const DoneFn& done) override;
};

}  // namespace dangol
