// Makes a directory whose log lost data usable again, and says what was lost.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/backbone/embedded/embedded_log.h"
#include "libs/backbone/log.h"

namespace dangol {

// One thing that was lost, in words.
struct Loss {
  std::string where;  // a scope, a topic partition, or "the log"
  std::string what;
};

struct Recovery {
  std::vector<Loss> losses;
  // Scopes whose state is ahead of what the topics show: they had emitted what is gone.
  std::vector<Scope> ahead;
};

// Keeps what can be read: scopes go on from the newest state there is, readers behind what is
// missing in their topics. Nothing is changed where nothing is lost. UNAVAILABLE, DATA_LOSS:
// RocksDB cannot open the directory at all, restore a backup. FAILED_PRECONDITION: it is in use.
// Idempotency: what a first call repaired, a second does not find.
absl::StatusOr<Recovery> RecoverLog(const std::string& dir, const EmbeddedLog::Options& options);

}  // namespace dangol
