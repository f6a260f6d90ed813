// The rows of Table::kEffect: key = effect id; value = state, attempt, channel and payload.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/backbone/state.h"
#include "libs/stream/context.h"

namespace dangol {

enum class EffectState : uint8_t {
  kRequested = 1,  // may be under way: Recover it when the scope is acquired
  kSettled = 2,    // its outcome was handled; kept until FinishEffect or a new attempt
};

struct EffectRow {
  EffectState state = EffectState::kRequested;
  Effect effect;
};

std::string EncodeEffectRow(EffectState state, const Effect& effect);
// Whether the bytes are a row that EncodeEffectRow may have written.
bool IsEffectRow(absl::string_view value);
// `id` is the row's key.
EffectRow DecodeEffectRow(absl::string_view id, absl::string_view value);

// Whether attempt `attempt` of the effect is the one whose outcome the ledger waits for.
bool AwaitsOutcome(State& state, absl::string_view id, int32_t attempt);

// All effects of a scope that may be under way, in order of id.
std::vector<Effect> RequestedEffects(State& state);

}  // namespace dangol
