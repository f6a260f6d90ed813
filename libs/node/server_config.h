// What the configurations of all servers have in common (dangold's and a cluster's processes'), by
// the names of the fields.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "libs/config/command_line.h"
#include "libs/node/front.h"
#include "libs/stream/options.h"

namespace dangol {

// What --help says of them.
std::vector<config::CommandLine::About> CommonSettings();

template <typename Config>
void SetCommonDefaults(const std::string& data_dir, Config* config) {
  if (config->data_dir().empty()) config->set_data_dir(data_dir);
  if (config->host().empty()) config->set_host("127.0.0.1");
  if (config->metrics_host().empty()) config->set_metrics_host("127.0.0.1");
  if (!config->has_port()) config->set_port(7070);
  if (!config->has_metrics_port()) config->set_metrics_port(7071);
  if (config->drop_root().empty()) config->set_drop_root(config->data_dir() + "/drop");
  if (config->rpc_threads() == 0) config->set_rpc_threads(64);
  if (config->log_level().empty()) config->set_log_level("info");
}

// 0: the default, which is offer's. INVALID_ARGUMENT names the setting.
absl::Status CheckLearningInterval(Micros interval);

template <typename Config>
Front::Options FrontOptionsOf(const Config& config) {
  Front::Options options;
  options.rpc.host = config.host();
  options.rpc.port = config.port();
  options.rpc.tls_cert_file = config.tls_cert_file();
  options.rpc.tls_key_file = config.tls_key_file();
  options.rpc.token_file = config.token_file();
  options.rpc.threads_max = config.rpc_threads();
  options.metrics.host = config.metrics_host();
  options.metrics.port = config.metrics_port();
  options.port_file = config.port_file();
  return options;
}

// Says in the log what an operator must see.
void LogHaltedScope(absl::string_view what);

// `metrics` outlives the runtime.
template <typename Config>
RuntimeOptions RuntimeOptionsOf(const Config& config, MetricsSink* metrics) {
  RuntimeOptions options;
  options.workers = config.workers();
  options.state.memory_limit_bytes = config.memory_limit_bytes();
  if (config.max_waiting_records() > 0) options.lag_limit_records = config.max_waiting_records();
  options.metrics = metrics;
  options.alarm = &LogHaltedScope;
  return options;
}

}  // namespace dangol
