#include "libs/node/online_config.h"

#include <fstream>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "dangol/config/v1/node.pb.h"
#include "libs/base/status.h"

namespace dangol::node {
namespace {

// 0: the default stays.
template <typename From, typename To>
void Override(From value, To* to) {
  if (value != 0) *to = static_cast<To>(value);
}

absl::StatusOr<std::string> ReadPassword(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  const absl::string_view password = absl::StripAsciiWhitespace(line);
  if (!password.empty()) return std::string(password);
  return BadField("online.password_file", path, "has no password in its first line",
                  "name a readable file with the password");
}

}  // namespace

bool HasOnlineStore(const config::v1::NodeConfig& config) {
  return !config.online().nodes().empty();
}

absl::StatusOr<online::Settings> OnlineSettingsOf(const config::v1::Online& config) {
  online::Settings settings;
  for (absl::string_view node : absl::StrSplit(config.nodes(), ',')) {
    settings.nodes.emplace_back(absl::StripAsciiWhitespace(node));
  }
  settings.cluster = config.cluster();
  if (!config.prefix().empty()) settings.prefix = config.prefix();
  settings.user = config.user();
  if (!config.password_file().empty()) {
    DANGOL_ASSIGN_OR_RETURN(settings.password, ReadPassword(config.password_file()));
  }
  settings.tls = config.tls();
  settings.ca_file = config.ca_file();
  settings.cert_file = config.cert_file();
  settings.key_file = config.key_file();
  settings.server_name = config.server_name();
  Override(config.connect_timeout_us(), &settings.connect_timeout_us);
  Override(config.call_timeout_us(), &settings.call_timeout_us);
  DANGOL_RETURN_IF_ERROR(online::Validate(settings));
  return settings;
}

online::WriterOptions WriterOptionsOf(const config::v1::Online& config) {
  online::WriterOptions options;
  if (config.has_coalesce_us()) options.coalesce_us = config.coalesce_us();
  Override(config.check_every_us(), &options.check_every_us);
  Override(config.tombstone_expiry_us(), &options.tombstone_expiry_us);
  Override(config.queue_bytes_max(), &options.queue_bytes_max);
  Override(config.value_bytes_max(), &options.value_bytes_max);
  return options;
}

}  // namespace dangol::node
