// Is a definition one that can be run? Every error is INVALID_ARGUMENT and names the field's path,
// the value and what would be right.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "dangol/campaign/v1/campaign.pb.h"

namespace dangol::campaign {

// Names that other definitions may refer to, as this service knows them.
struct KnownNames {
  std::vector<std::string> business_units;
  std::vector<std::string> segments;
  std::vector<std::string> offers;
  std::vector<std::string> channels;
};

// Fills what may be left out: purpose MARKETING, assignment by hash.
void Normalise(v1::Campaign* campaign);

// The campaign in itself. `campaign` is normalised.
absl::Status ValidateCampaign(const v1::Campaign& campaign);
// The names it uses. Reason UNKNOWN_NAME: a definition may be on its way, so callers may ask again.
absl::Status ValidateNames(const v1::Campaign& campaign, const KnownNames& known);

absl::Status ValidateChannel(const v1::Channel& channel);
absl::Status ValidateContactPolicy(const v1::ContactPolicy& policy);

}  // namespace dangol::campaign
