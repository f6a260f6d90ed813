// What an operator should know of the store that was found.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/online/client.h"

namespace dangol::online {

// Plain sentences for the log and the health detail at start: version and kind, and of every master
// that it evicts, persists nothing, or may not be asked. All of it is fine: the store is rebuilt
// from the owners. UNAVAILABLE: not reached.
absl::StatusOr<std::vector<std::string>> DescribeStore(Client& client, Micros timeout_us);

}  // namespace dangol::online
