// Business units as definitions.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/profile/domain/problem.h"

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

// Of an item that names a unit which does not exist; `known` are those that do.
Problem NoUnit(absl::string_view name, const std::vector<std::string>& known);

}  // namespace dangol::profile
