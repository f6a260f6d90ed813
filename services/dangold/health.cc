#include "services/dangold/health.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace dangol {
namespace {

constexpr const char* kReasons[] = {"SCOPE_HALTED", "DISK_FULL",  "DISK_READ_ONLY",
                                    "DISK_SLOW",    "DISK_ERROR", "DATA_LOSS"};

}  // namespace

std::string HealthWatch::WhyNot() const {
  const auto halted = runtime_.Halted();
  if (!halted.empty()) return absl::StrCat("SCOPE_HALTED: ", halted.front());
  const absl::Status log = log_.Health();
  if (log.ok()) return "";
  return absl::StrCat(DetailOf(log).reason, ": ", log.message());
}

void HealthWatch::Publish(obs::Metrics& metrics) const {
  const std::string why = WhyNot();
  for (const char* reason : kReasons) {
    metrics
        .GetGauge("dangol_unhealthy", "1: new work is refused for this reason.",
                  {{"reason", reason}})
        .Set(absl::StartsWith(why, reason) ? 1 : 0);
  }
  metrics.GetGauge("dangol_halted_scopes", "Scopes that stopped; see the log.")
      .Set(static_cast<double>(runtime_.Halted().size()));
  const EmbeddedLog::Stats stats = log_.stats();
  const auto set = [&](const char* name, const char* help, uint64_t value) {
    metrics.GetGauge(name, help).Set(static_cast<double>(value));
  };
  set("dangol_disk_bytes", "Size of the data directory.", stats.bytes_on_disk);
  set("dangol_wal_writes", "Commits and appends written to the log since the start.", stats.writes);
  set("dangol_wal_syncs", "Log syncs since the start.", stats.wal_syncs);
  set("dangol_disk_errors", "Writes and syncs that the disk refused since the start.",
      stats.write_errors + stats.wal_sync_errors);
  set("dangol_disk_recoveries", "Recoveries from them since the start.", stats.recoveries);
  set("dangol_refused_appends", "Appends refused for the disk's sake since the start.",
      stats.refused_appends);
}

}  // namespace dangol
