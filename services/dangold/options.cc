#include "services/dangold/options.h"

#include <cstdlib>

#include "dangol/config/v1/dangold.pb.h"
#include "libs/base/calendar.h"
#include "libs/base/status.h"
#include "libs/config/command_line.h"

namespace dangol {
namespace {

using config::v1::DangoldConfig;

const config::CommandLine& TheCommandLine() {
  static const auto* line = new config::CommandLine{
      "dangold: the five services of Dangol in one process, on one data directory",
      "Of a data directory: dangold backup | restore | verify | recover --help",
      {
          {"data_dir", "directory of everything that is kept", ""},
          {"host", "address to listen on; default 127.0.0.1", ""},
          {"port", "gRPC port; default 7070, 0 takes a free one", ""},
          {"metrics_port", "HTTP port of /metrics and /healthz", ""},
          {"metrics_host", "its address; default 127.0.0.1", ""},
          {"clock", "live or virtual", ""},
          {"clock_step", "a virtual clock stops at multiples of it, e.g. 1m", ""},
          {"virtual_start_time", "where a virtual clock begins, e.g. 2026-01-01", "--start"},
          {"partitions", "of a new data directory, a power of two", ""},
          {"workers", "worker threads; 0: as many as cores", ""},
          {"durability", "sync or os", ""},
          {"token_file", "principals, hashed tokens and roles", ""},
          {"tls_cert_file", "PEM", "--tls-cert"},
          {"tls_key_file", "PEM", "--tls-key"},
          {"drop_root", "root of file-drop channels", ""},
          {"port_file", "write the ports here once everything serves", ""},
          {"min_free_bytes", "free disk space kept back; 0: no watch", ""},
          {"max_waiting_records", "with more, new ones are refused", ""},
          {"memory_limit_bytes", "memory for customer records of a scope; 0: no limit", ""},
          {"rpc_threads", "calls handled at once", ""},
          {"log_level", "debug, info, warning or error", ""},
      }};
  return *line;
}

void SetDefaults(DangoldConfig* config) {
  if (config->data_dir().empty()) config->set_data_dir("dangol-data");
  if (config->host().empty()) config->set_host("127.0.0.1");
  if (config->metrics_host().empty()) config->set_metrics_host("127.0.0.1");
  if (!config->has_port()) config->set_port(7070);
  if (!config->has_metrics_port()) config->set_metrics_port(7071);
  if (config->drop_root().empty()) config->set_drop_root(config->data_dir() + "/drop");
  if (config->rpc_threads() == 0) config->set_rpc_threads(64);
  if (config->log_level().empty()) config->set_log_level("info");
}

}  // namespace

absl::StatusOr<DangoldConfig> ParseDangoldOptions(int argc, char** argv, std::string* help) {
  DangoldConfig config;
  DANGOL_RETURN_IF_ERROR(
      config::ParseCommandLine(TheCommandLine(), argc, argv, &std::getenv, &config, help));
  SetDefaults(&config);
  if (config.clock_step_us() != 0 && config.clock() != config::v1::CLOCK_KIND_VIRTUAL) {
    return BadField("clock_step", FormatDuration(config.clock_step_us()), "needs a virtual clock",
                    "leave it out, or set clock to virtual");
  }
  return config;
}

}  // namespace dangol
