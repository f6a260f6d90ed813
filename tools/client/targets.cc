#include "tools/client/targets.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/base/status.h"

namespace dangol::client {
namespace {

constexpr const char* kServices[] = {"profile", "segmentation", "offer", "campaign", "response"};
constexpr char kForm[] =
    "write host:port, or profile=host:port,segmentation=host:port,offer=…,campaign=…,response=…";

bool IsService(const std::string& name) {
  return std::any_of(std::begin(kServices), std::end(kServices),
                     [&](const char* service) { return name == service; });
}

}  // namespace

absl::StatusOr<Targets> ParseTargets(absl::string_view text) {
  Targets targets;
  if (!absl::StrContains(text, '=')) {
    for (const char* service : kServices) targets[service] = std::string(text);
    return targets;
  }
  for (absl::string_view part : absl::StrSplit(text, ',', absl::SkipWhitespace())) {
    std::pair<std::string, std::string> one = absl::StrSplit(part, absl::MaxSplits('=', 1));
    if (!IsService(one.first)) return BadField("server", one.first, "is no service", kForm);
    if (one.second.empty()) return BadField("server", part, "has no host:port", kForm);
    if (!targets.insert(std::move(one)).second) {
      return BadField("server", part, "is given twice", kForm);
    }
  }
  for (const char* service : kServices) {
    if (targets.count(service) == 0) {
      return BadField("server", text, absl::StrCat("says nothing of ", service), kForm);
    }
  }
  return targets;
}

}  // namespace dangol::client
