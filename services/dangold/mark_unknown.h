// After a log lost data: contacts that state has and the log no longer shows.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/backbone/embedded/embedded_log.h"
#include "libs/base/types.h"
#include "services/dangold/verify.h"

namespace dangol {

// UNKNOWN for each contact of a campaign scope that was begun and that topic contact does not show
// as begun: what MarkUnknown publishes.
absl::StatusOr<std::vector<Emit>> UnknownContacts(Kept kept, Scope scope);

// Publishes each contact of campaign's `scopes` that was begun, and that topic contact does not
// show as begun, as UNKNOWN: it may have arrived, so it counts, and nobody sends it again. Returns
// how many. Idempotency: what a first call published, a second finds shown.
absl::StatusOr<uint64_t> MarkUnknown(EmbeddedLog& log, const std::vector<Scope>& scopes);

}  // namespace dangol
