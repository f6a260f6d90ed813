#include "libs/backbone/kafka/settings.h"

#include <utility>

#include "absl/strings/str_split.h"
#include "libs/base/status.h"

namespace dangol::kafka {

absl::Status AddProperties(const std::vector<std::string>& properties, Settings* settings) {
  for (const std::string& property : properties) {
    std::pair<std::string, std::string> one = absl::StrSplit(property, absl::MaxSplits('=', 1));
    if (one.second.empty()) {
      return BadField("--property", property, "has no value", "write name=value");
    }
    settings->client.insert(std::move(one));
  }
  return absl::OkStatus();
}

}  // namespace dangol::kafka
