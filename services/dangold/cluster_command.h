// What is done to a cluster's topics from the command line.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "libs/backbone/kafka/settings.h"
#include "services/dangold/verify.h"

namespace CLI {
class App;
}

namespace dangol {

struct ClusterArgs {
  kafka::Settings settings;
  std::vector<std::string> properties;  // name=value

  // Whether a cluster is named, by a flag or, if `or_environment`, by DANGOL_KAFKA_….
  bool Named(bool or_environment);
};

// --bootstrap-servers, --prefix, --property.
void DeclareCluster(CLI::App& command, ClusterArgs* args);

// One line a check and one a finding. DATA_LOSS with how many there are in `where`.
absl::Status Report(const std::vector<Check>& checks, const std::string& where);

// Says what partitions lost that Kafka had acknowledged, lets their scopes go on from what there
// is, and publishes contacts that the log no longer shows as unknown. The services are stopped.
// `partition`: one, or -1, all. Idempotency: what a first call repaired, a second does not find.
absl::Status RecoverCluster(ClusterArgs& args, int partition);

// Writes a data directory that is not in use, a snapshot or another, into topics that were just
// made.
absl::Status RestoreCluster(ClusterArgs& args, EmbeddedLog& from);

// Checks every invariant that can be read off the topics, with the services up or stopped.
absl::Status VerifyCluster(ClusterArgs& args);

}  // namespace dangol
