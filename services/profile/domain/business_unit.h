// Business units as definitions.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace dangol::common::v1 {
class BusinessUnit;
}

namespace dangol::profile {

enum class Change { kCreated, kUpdated, kUnchanged };
const char* ChangeName(Change change);  // "CREATED"

// INVALID_ARGUMENT naming the bad field.
absl::Status CheckBusinessUnit(const common::v1::BusinessUnit& unit);

// `wanted` over `current` (nullptr: none yet): sets wanted's version and etag. ABORTED: wanted
// carries another etag. FAILED_PRECONDITION CURRENCY_FIXED.
absl::StatusOr<Change> ApplyUnit(const common::v1::BusinessUnit* current,
                                 common::v1::BusinessUnit* wanted);

}  // namespace dangol::profile
