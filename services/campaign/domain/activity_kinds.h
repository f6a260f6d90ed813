// What a definition may say about activities. Kinds are open: a web event is named by its sender,
// so that an unknown kind is no error, but a likely slip is worth a warning. What would measure
// nothing for ever is refused.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "dangol/campaign/v1/campaign.pb.h"

namespace dangol::campaign {

// INVALID_ARGUMENT with the path from `campaign` on: a metric of a kind that is not measured, a sum
// of what has no amount, a condition on a field that no such activity has; a trigger's minimum
// amount of something other than purchases.
absl::Status CheckActivityUse(const v1::Campaign& campaign);

// Kinds and fields that are allowed and look like slips of known ones, one sentence each.
std::vector<std::string> ActivityWarnings(const v1::Campaign& campaign);

}  // namespace dangol::campaign
