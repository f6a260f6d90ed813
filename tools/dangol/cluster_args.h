// Which cluster's topics a command is about.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "libs/backbone/kafka/settings.h"

namespace CLI {
class App;
}

namespace dangol::cli {

struct ClusterArgs {
  kafka::Settings settings;
  std::vector<std::string> properties;  // name=value

  // --bootstrap-servers, --prefix, --property. This outlives the command.
  void Declare(CLI::App& command);
  // Once the command line is read: `properties` become settings. INVALID_ARGUMENT: wrong usage.
  absl::Status Take();
};

}  // namespace dangol::cli
