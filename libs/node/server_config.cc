#include "libs/node/server_config.h"

#include "libs/base/calendar.h"
#include "libs/base/status.h"
#include "libs/obs/log.h"

namespace dangol {

std::vector<config::CommandLine::About> CommonSettings() {
  return {
      {"data_dir", "directory of everything that is kept here", ""},
      {"host", "address to listen on; default 127.0.0.1", ""},
      {"port", "gRPC port; default 7070, 0 takes a free one", ""},
      {"metrics_port", "HTTP port of /metrics and /healthz", ""},
      {"metrics_host", "its address; default 127.0.0.1", ""},
      {"workers", "worker threads; 0: as many as cores", ""},
      {"token_file", "principals, hashed tokens and roles", ""},
      {"tls_cert_file", "PEM", "--tls-cert"},
      {"tls_key_file", "PEM", "--tls-key"},
      {"drop_root", "root of file-drop channels", ""},
      {"learning_interval", "offers' odds learn so often; default 1h", ""},
      {"port_file", "write the ports here once everything serves", ""},
      {"max_waiting_records", "with more, new ones are refused", ""},
      {"memory_limit_bytes", "memory for customer records of a scope; 0: no limit", ""},
      {"rpc_threads", "calls handled at once", ""},
      {"log_level", "debug, info, warning or error", ""},
  };
}

absl::Status CheckLearningInterval(Micros interval) {
  if (interval == 0 || interval >= kMicrosPerSecond) return absl::OkStatus();
  return BadField("learning_interval", FormatDuration(interval), "is too short",
                  "give a second or more");
}

void LogHaltedScope(absl::string_view what) {
  obs::Log(obs::Level::kError, "a scope has halted", {{"why", what}});
}

}  // namespace dangol
