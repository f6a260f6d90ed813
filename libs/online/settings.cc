#include "libs/online/settings.h"

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/online/address.h"
#include "libs/online/tls.h"

namespace dangol::online {
namespace {

absl::Status ValidateNodes(const Settings& settings) {
  if (settings.nodes.empty())
    return BadField("online.nodes", "", "names no server", "give at least one host:port");
  if (!settings.cluster && settings.nodes.size() > 1)
    return BadField("online.nodes", absl::StrCat(settings.nodes.size(), " nodes"),
                    "is more than one server without a cluster",
                    "give one, or set online.cluster: true");
  for (size_t i = 0; i < settings.nodes.size(); ++i) {
    const auto address = ParseAddress(absl::StrCat("online.nodes[", i, "]"), settings.nodes[i]);
    DANGOL_RETURN_IF_ERROR(address.status());
  }
  if (settings.prefix.empty() || settings.prefix.size() > 64 ||
      settings.prefix.find_first_not_of(
          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") != std::string::npos)
    return BadField("online.prefix", settings.prefix, "is no prefix of keys",
                    "use 1 to 64 letters, digits, '_', '.' or '-'");
  return absl::OkStatus();
}

absl::Status ValidateTls(const Settings& settings) {
  if (!settings.tls) {
    for (const auto& [field, value] : {std::pair{"online.ca_file", &settings.ca_file},
                                       {"online.cert_file", &settings.cert_file},
                                       {"online.key_file", &settings.key_file},
                                       {"online.server_name", &settings.server_name}})
      if (!value->empty())
        return BadField(field, *value, "is set without TLS", "set online.tls: true, or remove it");
    return absl::OkStatus();
  }
  if (settings.cert_file.empty() != settings.key_file.empty())
    return BadField(settings.cert_file.empty() ? "online.cert_file" : "online.key_file", "",
                    "is missing", "a client's certificate needs both cert_file and key_file");
  return TlsSupport();
}

absl::Status InRange(absl::string_view field, int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return BadField(absl::StrCat("online.", field), absl::StrCat(value), "is out of range",
                  absl::StrCat("use ", low, " to ", high));
}

absl::Status TimeInRange(absl::string_view field, Micros value, Micros low) {
  constexpr Micros kLongest = 60 * kMicrosPerSecond;
  if (value >= low && value <= kLongest) return absl::OkStatus();
  return BadField(absl::StrCat("online.", field), absl::StrCat(value, " us"), "is out of range",
                  absl::StrCat("use ", low, " us to a minute"));
}

absl::Status ValidateBounds(const Settings& s) {
  constexpr int64_t kMegabyte = 1 << 20;
  DANGOL_RETURN_IF_ERROR(TimeInRange("connect_timeout", s.connect_timeout_us, kMicrosPerMilli));
  DANGOL_RETURN_IF_ERROR(TimeInRange("call_timeout", s.call_timeout_us, kMicrosPerMilli));
  DANGOL_RETURN_IF_ERROR(TimeInRange("backoff_min", s.backoff_min_us, kMicrosPerMilli));
  DANGOL_RETURN_IF_ERROR(TimeInRange("backoff_max", s.backoff_max_us, s.backoff_min_us));
  DANGOL_RETURN_IF_ERROR(
      InRange("reply_bytes_max", static_cast<int64_t>(s.reply_bytes_max), 1024, 512 * kMegabyte));
  DANGOL_RETURN_IF_ERROR(
      InRange("reply_elements_max", static_cast<int64_t>(s.reply_elements_max), 64, 1 << 20));
  DANGOL_RETURN_IF_ERROR(
      InRange("pipeline_commands_max", static_cast<int64_t>(s.pipeline_commands_max), 1, 65'536));
  DANGOL_RETURN_IF_ERROR(InRange("pipeline_bytes_max", static_cast<int64_t>(s.pipeline_bytes_max),
                                 1024, 64 * kMegabyte));
  return InRange("attempts_max", s.attempts_max, 1, 32);
}

}  // namespace

absl::Status Validate(const Settings& settings) {
  DANGOL_RETURN_IF_ERROR(ValidateNodes(settings));
  if (!settings.user.empty() && settings.password.empty())
    return BadField("online.user", settings.user, "has no password", "set online.password_file");
  DANGOL_RETURN_IF_ERROR(ValidateTls(settings));
  return ValidateBounds(settings);
}

}  // namespace dangol::online
