// Where the services are: one server for all, or one for each.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace dangol::client {

// "profile" and the others, to host:port.
using Targets = std::map<std::string, std::string>;

// `text`: "host:port" of dangold, or "profile=host:port,segmentation=host:port,…" of a cluster, all
// five. INVALID_ARGUMENT names what is missing, unknown or given twice.
absl::StatusOr<Targets> ParseTargets(absl::string_view text);

}  // namespace dangol::client
