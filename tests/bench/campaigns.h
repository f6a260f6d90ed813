// Campaigns of a bench: written as YAML, approved by a second principal, started.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/bench/retailer.h"

namespace dangol::bench {

// Writes `yaml` as `file` of the retailer's work directory and applies it.
absl::Status ApplyYaml(Retailer& retailer, const std::string& file, const std::string& yaml);

// From draft to running.
absl::Status StartCampaigns(Retailer& retailer, const std::vector<std::string>& names);

}  // namespace dangol::bench
