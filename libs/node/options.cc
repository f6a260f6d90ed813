#include "libs/node/options.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dangol/config/v1/node.pb.h"
#include "libs/base/status.h"
#include "libs/config/command_line.h"
#include "libs/node/online_config.h"
#include "libs/node/server_config.h"

namespace dangol::node {
namespace {

using config::v1::NodeConfig;

config::CommandLine CommandLineOf(const std::string& service) {
  config::CommandLine line{
      absl::StrCat("dangol-", service, ": the ", service, " service over Kafka"),
      "Each setting is a flag, a variable DANGOL_… and a field of the file.", CommonSettings()};
  line.about.insert(
      line.about.end(),
      {
          {"address", "host:port at which other instances reach this one", ""},
          {"tls_ca_file", "PEM: who may have signed the other services' certificates", ""},
          {"own_token_file", "what this process shows to the other services", ""},
          {"profile", "host:port of profile", ""},
          {"kafka.bootstrap_servers", "host:port, host:port", ""},
          {"kafka.prefix", "first word of topics and groups; default dangol", ""},
          {"kafka.allow_weak_durability", "serve although Kafka may lose what it took", ""},
          {"online.nodes", "host:port of Redis, where customers' views are kept", ""},
          {"online.cluster", "it is a Redis Cluster; nodes may name several", ""},
          {"online.prefix", "what every key begins with; default dangol", ""},
          {"online.user", "user of the store", ""},
          {"online.password_file", "its password is the first line", ""},
          {"online.tls", "TLS to the store", ""},
          {"online.ca_file", "PEM: who may have signed its certificate", ""},
          {"online.cert_file", "PEM: ours, where it asks for one", ""},
          {"online.key_file", "PEM: ours", ""},
          {"online.server_name", "name in its certificate, if not the host", ""},
          {"online.connect_timeout", "to connect and authenticate; default 500ms", ""},
          {"online.call_timeout", "longest silence within a call; default 2s", ""},
          {"online.coalesce", "changes are gathered so long; default 20ms", ""},
          {"online.check_every", "looks for losses; default 5s", ""},
          {"online.tombstone_expiry", "deleted views' versions are kept so long; default 7d", ""},
          {"online.queue_bytes_max", "views that may wait; default 64 MiB", ""},
          {"online.value_bytes_max", "larger views are marked as omitted; default 1 MiB", ""},
      });
  return line;
}

absl::Status Check(const std::string& service, const NodeConfig& config) {
  if (config.kafka().bootstrap_servers().empty()) {
    return BadField("kafka.bootstrap_servers", "", "is missing",
                    "give host:port of one or more brokers");
  }
  if (config.profile().empty() && service != "profile") {
    return BadField("profile", "", "is missing", "give host:port of the profile service");
  }
  DANGOL_RETURN_IF_ERROR(CheckLearningInterval(config.learning_interval_us()));
  return HasOnlineStore(config) ? OnlineSettingsOf(config.online()).status() : absl::OkStatus();
}

// Who sets one means to rehearse, and must not find a cluster that works.
absl::Status RefuseClock(int argc, const char* const* argv, const config::GetEnvironment& get) {
  std::string clock;
  for (int i = 1; i < argc; ++i) {
    if (absl::StartsWith(argv[i], "--clock")) clock = argv[i];
  }
  if (const char* value = get("DANGOL_CLOCK"); clock.empty() && value != nullptr) clock = value;
  if (clock.empty()) return absl::OkStatus();
  return BadField(
      "--clock", clock, "is not of a cluster: its time is the wall's",
      "rehearse with dangold --clock=virtual, on a directory that dangol snapshot makes");
}

}  // namespace

absl::StatusOr<NodeConfig> ParseOptions(const std::string& service, int argc,
                                        const char* const* argv, const config::GetEnvironment& get,
                                        std::string* help) {
  DANGOL_RETURN_IF_ERROR(RefuseClock(argc, argv, get));
  NodeConfig config;
  DANGOL_RETURN_IF_ERROR(
      config::ParseCommandLine(CommandLineOf(service), argc, argv, get, &config, help));
  if (!help->empty()) return config;
  SetCommonDefaults("dangol-" + service, &config);
  if (config.kafka().prefix().empty()) config.mutable_kafka()->set_prefix("dangol");
  DANGOL_RETURN_IF_ERROR(Check(service, config));
  return config;
}

}  // namespace dangol::node
