#include "libs/node/options.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dangol/config/v1/node.pb.h"
#include "libs/base/status.h"
#include "libs/config/command_line.h"

namespace dangol::node {
namespace {

using config::v1::NodeConfig;

config::CommandLine CommandLineOf(const std::string& service) {
  return {absl::StrCat("dangol-", service, ": the ", service, " service over Kafka"),
          "Each setting is a flag, a variable DANGOL_… and a field of the file.",
          {
              {"data_dir", "who this process is, its checkpoints and file drops", ""},
              {"host", "address to listen on; default 127.0.0.1", ""},
              {"port", "gRPC port; default 7070, 0 takes a free one", ""},
              {"metrics_port", "HTTP port of /metrics and /healthz", ""},
              {"metrics_host", "its address; default 127.0.0.1", ""},
              {"address", "host:port at which other instances reach this one", ""},
              {"token_file", "principals, hashed tokens and roles", ""},
              {"tls_cert_file", "PEM", "--tls-cert"},
              {"tls_key_file", "PEM", "--tls-key"},
              {"tls_ca_file", "PEM: who may have signed the other services' certificates", ""},
              {"own_token_file", "what this process shows to the other services", ""},
              {"profile", "host:port of profile", ""},
              {"kafka.bootstrap_servers", "host:port, host:port", ""},
              {"kafka.prefix", "first word of topics and groups; default dangol", ""},
              {"kafka.allow_weak_durability", "serve although Kafka may lose what it took", ""},
              {"workers", "worker threads; 0: as many as cores", ""},
              {"memory_limit_bytes", "memory for customer records of a partition; 0: no limit", ""},
              {"drop_root", "root of file-drop channels", ""},
              {"port_file", "write the ports here once everything serves", ""},
              {"max_waiting_records", "with more, new ones are refused", ""},
              {"rpc_threads", "calls handled at once", ""},
              {"log_level", "debug, info, warning or error", ""},
          }};
}

void SetDefaults(const std::string& service, NodeConfig* config) {
  if (config->data_dir().empty()) config->set_data_dir("dangol-" + service);
  if (config->host().empty()) config->set_host("127.0.0.1");
  if (config->metrics_host().empty()) config->set_metrics_host("127.0.0.1");
  if (!config->has_port()) config->set_port(7070);
  if (!config->has_metrics_port()) config->set_metrics_port(7071);
  if (config->drop_root().empty()) config->set_drop_root(config->data_dir() + "/drop");
  if (config->rpc_threads() == 0) config->set_rpc_threads(64);
  if (config->log_level().empty()) config->set_log_level("info");
  if (config->kafka().prefix().empty()) config->mutable_kafka()->set_prefix("dangol");
}

absl::Status Check(const std::string& service, const NodeConfig& config) {
  if (config.kafka().bootstrap_servers().empty()) {
    return BadField("kafka.bootstrap_servers", "", "is missing",
                    "give host:port of one or more brokers");
  }
  if (config.profile().empty() && service != "profile") {
    return BadField("profile", "", "is missing", "give host:port of the profile service");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<NodeConfig> ParseOptions(const std::string& service, int argc,
                                        const char* const* argv, const config::GetEnvironment& get,
                                        std::string* help) {
  for (int i = 1; i < argc; ++i) {
    if (!absl::StartsWith(argv[i], "--clock")) continue;
    return BadField("--clock", argv[i], "is not of a cluster: its time is the wall's",
                    "rehearse with dangold --clock=virtual");
  }
  NodeConfig config;
  DANGOL_RETURN_IF_ERROR(
      config::ParseCommandLine(CommandLineOf(service), argc, argv, get, &config, help));
  if (!help->empty()) return config;
  SetDefaults(service, &config);
  DANGOL_RETURN_IF_ERROR(Check(service, config));
  return config;
}

}  // namespace dangol::node
