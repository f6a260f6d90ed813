#include "services/dangold/rehearsal.h"

namespace dangol {

void RehearsalPerformer::Perform(Scope, std::vector<Effect> effects, Micros, const DoneFn& done) {
  for (const Effect& effect : effects) {
    done({effect.id, effect.attempt, EffectResult::kAccepted, "", "rehearsed: nobody was called"});
  }
}

void RehearsalPerformer::Recover(Scope scope, std::vector<Effect> effects, const DoneFn& done) {
  Perform(scope, std::move(effects), kNever, done);
}

}  // namespace dangol
