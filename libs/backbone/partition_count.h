// How many partitions a log may have.
#pragma once

#include <cstdint>

#include "absl/status/status.h"

namespace dangol {

// INVALID_ARGUMENT: not a power of two up to the number of slots, so that a key's partition could
// not be told from its slot. For who makes a log: the number is fixed from then on.
absl::Status CheckPartitionCount(uint32_t partitions);

}  // namespace dangol
