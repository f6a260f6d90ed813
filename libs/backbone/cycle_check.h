// What every log does with a cycle before it writes it.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "libs/backbone/log.h"

namespace dangol {

// INVALID_ARGUMENT: an emit or a scope names a partition that the log has not, or a scope is there
// twice.
absl::Status CheckCycle(const Cycle& cycle, uint32_t partitions);

// Equal for equal parts, so that a part offered again is told from a zombie's with the same number.
// Stored with the changelog: never change it.
uint64_t Fingerprint(const ScopeCycle& part);

}  // namespace dangol
