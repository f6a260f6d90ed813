// Whether a cluster's settings can keep what it has acknowledged.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/backbone/kafka/settings.h"

namespace dangol::kafka {

// What the cluster says of itself.
struct ClusterSettings {
  using Config = std::map<std::string, std::string>;
  struct TopicSettings {
    int replication = 0;  // of the partition that has fewest
    Config config;
  };
  std::map<int, Config> brokers;                // by id
  std::map<std::string, TopicSettings> topics;  // ours
};

// One setting that cannot keep the promise.
struct Weakness {
  std::string where;    // "broker 1", "topic dangol.contact.v1"
  std::string setting;  // with its value
  std::string fix;      // and what may be lost without it
};

// "<where>: <setting>: <fix>".
std::string ToString(const Weakness& weakness);

// Pure. `plan`: how each topic has to be kept (TopicConfigs of topic_admin.h).
// - Several brokers: replication 3, min.insync.replicas 2, no unclean election, the offsets and the
//   transactions as well replicated.
// - One broker: each write is flushed, as nobody else has it.
// - Topics are kept as long as the plan says.
std::vector<Weakness> FindWeaknesses(const ClusterSettings& cluster,
                                     const std::map<std::string, ClusterSettings::Config>& plan);

// Asks the cluster. UNAVAILABLE: it does not answer.
absl::StatusOr<std::vector<Weakness>> FindWeaknesses(const Settings& settings);

}  // namespace dangol::kafka
