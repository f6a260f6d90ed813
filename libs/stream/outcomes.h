// The outcomes of commands by request id, kept in Table::kShared under "outcome/<request_id>" for
// at least a day of the scope's time, so that a caller who did not hear the answer may ask again.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/base/types.h"
#include "libs/stream/context.h"
#include "libs/stream/processor.h"

namespace dangol {

// Request ids that the gateway made for callers without one: no one can ask again by them, so their
// outcomes are not kept. Callers must not use the prefix.
inline constexpr char kAnonymousRequestPrefix = '~';

// What must be equal for two commands to be the same: who asks, and what.
uint64_t CommandHash(absl::string_view principal, absl::string_view body);

// The outcome stored under the caller's request id: that of the same command, or
// FAILED_PRECONDITION with reason REQUEST_ID_REUSED; nullopt: none is stored.
std::optional<absl::StatusOr<std::string>> StoredOutcome(StateView& state, const Caller& caller,
                                                         uint64_t command_hash);

// Stores an outcome; sets the timer that purges it when none is set.
void StoreOutcome(Context& ctx, const Caller& caller, uint64_t command_hash,
                  const absl::StatusOr<std::string>& outcome, Micros retention);

inline constexpr uint32_t kPurgeOutcomesTimer = 0xF0000000;
// On that timer: deletes what is older than `retention`, and sets it again while any is left.
void PurgeOutcomes(Context& ctx, Micros retention);

}  // namespace dangol
