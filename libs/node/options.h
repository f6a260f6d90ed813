// Configuration of one process of a cluster.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "libs/config/settings.h"

namespace dangol::config::v1 {
class NodeConfig;
}

namespace dangol::node {

// `service`: "profile" and the like. File, environment and flags (config/command_line.h), with
// defaults. INVALID_ARGUMENT names the setting. `*help` is set when help was asked for.
absl::StatusOr<config::v1::NodeConfig> ParseOptions(const std::string& service, int argc,
                                                    const char* const* argv,
                                                    const config::GetEnvironment& get,
                                                    std::string* help);

}  // namespace dangol::node
