#include "services/dangold/options.h"

#include <cstdlib>

#include "dangol/config/v1/dangold.pb.h"
#include "libs/base/calendar.h"
#include "libs/base/status.h"
#include "libs/config/command_line.h"
#include "libs/node/server_config.h"

namespace dangol {
namespace {

using config::v1::DangoldConfig;

config::CommandLine TheCommandLine() {
  config::CommandLine line{
      "dangold: the five services of Dangol in one process, on one data directory",
      "Of a data directory: dangold backup | restore | verify | recover --help", CommonSettings()};
  line.about.insert(
      line.about.end(),
      {
          {"clock", "live or virtual", ""},
          {"clock_step", "a virtual clock stops at multiples of it, e.g. 1m", ""},
          {"virtual_start_time", "where a virtual clock begins, e.g. 2026-01-01", "--start"},
          {"partitions", "of a new data directory, a power of two", ""},
          {"durability", "sync or os", ""},
          {"min_free_bytes", "free disk space kept back; 0: no watch", ""},
      });
  return line;
}

}  // namespace

absl::StatusOr<DangoldConfig> ParseDangoldOptions(int argc, char** argv, std::string* help) {
  DangoldConfig config;
  DANGOL_RETURN_IF_ERROR(
      config::ParseCommandLine(TheCommandLine(), argc, argv, &std::getenv, &config, help));
  if (!help->empty()) return config;
  SetCommonDefaults("dangol-data", &config);
  if (config.clock_step_us() != 0 && config.clock() != config::v1::CLOCK_KIND_VIRTUAL) {
    return BadField("clock_step", FormatDuration(config.clock_step_us()), "needs a virtual clock",
                    "leave it out, or set clock to virtual");
  }
  DANGOL_RETURN_IF_ERROR(CheckLearningInterval(config.learning_interval_us()));
  return config;
}

}  // namespace dangol
