#include "services/dangold/options.h"

#include <CLI/CLI.hpp>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "dangol/config/v1/dangold.pb.h"
#include "libs/base/calendar.h"
#include "libs/base/status.h"
#include "libs/config/yaml.h"

namespace dangol {
namespace {

using config::v1::DangoldConfig;

struct Flags {
  std::string config, data_dir, host, metrics_host, clock, clock_step, start, token_file, tls_cert,
      tls_key, durability;
  std::string drop_root, port_file, log_level;
  int port = -1, metrics_port = -1, workers = -1, partitions = 0;
  int64_t min_free_bytes = -1;
  uint64_t max_waiting_records = 0;
};

void Declare(CLI::App& app, Flags& f) {
  app.add_option("--config", f.config, "YAML file (docs/configuration.md)");
  app.add_option("--data-dir", f.data_dir, "directory of everything that is kept");
  app.add_option("--host", f.host, "address to listen on; default 127.0.0.1");
  app.add_option("--port", f.port, "gRPC port; default 7070, 0 takes a free one");
  app.add_option("--metrics-port", f.metrics_port, "HTTP port of /metrics and /healthz");
  app.add_option("--metrics-host", f.metrics_host, "its address; default 127.0.0.1");
  app.add_option("--clock", f.clock, "live or virtual");
  app.add_option("--clock-step", f.clock_step, "a virtual clock stops at multiples of it, e.g. 1m");
  app.add_option("--start", f.start, "where a virtual clock begins, e.g. 2026-01-01");
  app.add_option("--partitions", f.partitions, "of a new data directory, a power of two");
  app.add_option("--workers", f.workers, "worker threads; 0: as many as cores");
  app.add_option("--durability", f.durability, "sync or os");
  app.add_option("--token-file", f.token_file, "principals, hashed tokens and roles");
  app.add_option("--tls-cert", f.tls_cert, "PEM");
  app.add_option("--tls-key", f.tls_key, "PEM");
  app.add_option("--drop-root", f.drop_root, "root of file-drop channels");
  app.add_option("--port-file", f.port_file, "write the ports here once everything serves");
  app.add_option("--min-free-bytes", f.min_free_bytes, "free disk space kept back; 0: no watch");
  app.add_option("--max-waiting-records", f.max_waiting_records, "with more, new ones are refused");
  app.add_option("--log-level", f.log_level, "debug, info, warning or error");
}

absl::Status ReadConfigFile(const std::string& path, DangoldConfig* config) {
  std::ifstream file(path);
  if (!file) return BadField("--config", path, "cannot be read", "name a readable YAML file");
  std::stringstream text;
  text << file.rdbuf();
  return config::ParseYaml(path, text.str(), config);
}

absl::Status ApplyEnums(const Flags& f, DangoldConfig* config) {
  if (f.clock == "virtual") config->set_clock(config::v1::CLOCK_KIND_VIRTUAL);
  if (f.clock == "live") config->set_clock(config::v1::CLOCK_KIND_LIVE);
  if (!f.clock.empty() && f.clock != "virtual" && f.clock != "live") {
    return BadField("--clock", f.clock, "is no clock", "use live or virtual");
  }
  if (f.durability == "sync") config->set_durability(config::v1::DURABILITY_SYNC);
  if (f.durability == "os") config->set_durability(config::v1::DURABILITY_OS);
  if (!f.durability.empty() && f.durability != "sync" && f.durability != "os") {
    return BadField("--durability", f.durability, "is no durability", "use sync or os");
  }
  if (!f.start.empty()) {
    DANGOL_ASSIGN_OR_RETURN(const Micros start, ParseTime(f.start, absl::UTCTimeZone()));
    config->set_virtual_start_time_us(start);
  }
  if (!f.clock_step.empty()) {
    DANGOL_ASSIGN_OR_RETURN(const Micros step, ParseDuration(f.clock_step));
    config->set_clock_step_us(step);
  }
  return absl::OkStatus();
}

absl::Status Override(const Flags& f, DangoldConfig* config) {
  if (!f.data_dir.empty()) config->set_data_dir(f.data_dir);
  if (!f.host.empty()) config->set_host(f.host);
  if (!f.metrics_host.empty()) config->set_metrics_host(f.metrics_host);
  if (f.port >= 0) config->set_port(f.port);
  if (f.metrics_port >= 0) config->set_metrics_port(f.metrics_port);
  if (f.workers >= 0) config->set_workers(f.workers);
  if (f.partitions > 0) config->set_partitions(static_cast<uint32_t>(f.partitions));
  if (!f.token_file.empty()) config->set_token_file(f.token_file);
  if (!f.tls_cert.empty()) config->set_tls_cert_file(f.tls_cert);
  if (!f.tls_key.empty()) config->set_tls_key_file(f.tls_key);
  if (!f.drop_root.empty()) config->set_drop_root(f.drop_root);
  if (!f.port_file.empty()) config->set_port_file(f.port_file);
  if (f.min_free_bytes >= 0) {
    config->set_min_free_bytes(static_cast<uint64_t>(f.min_free_bytes));
  }
  if (f.max_waiting_records > 0) config->set_max_waiting_records(f.max_waiting_records);
  if (!f.log_level.empty()) config->set_log_level(f.log_level);
  return ApplyEnums(f, config);
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
  CLI::App app{"dangold: the five services of Dangol in one process, on one data directory"};
  Flags flags;
  Declare(app, flags);
  app.footer("Of a data directory: dangold backup | restore | verify | recover --help");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    *help = app.help();
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(absl::StrCat(error.what(), "; see dangold --help"));
  }
  DangoldConfig config;
  if (!flags.config.empty()) DANGOL_RETURN_IF_ERROR(ReadConfigFile(flags.config, &config));
  DANGOL_RETURN_IF_ERROR(Override(flags, &config));
  SetDefaults(&config);
  if (config.clock_step_us() != 0 && config.clock() != config::v1::CLOCK_KIND_VIRTUAL) {
    return BadField("clock_step", FormatDuration(config.clock_step_us()), "needs a virtual clock",
                    "leave it out, or set clock to virtual");
  }
  return config;
}

}  // namespace dangol
