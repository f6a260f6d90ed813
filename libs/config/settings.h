// A program's configuration as single settings, for flags and environment variables: every scalar
// field of its message, by reflection, so that file, flags, environment and docs cannot disagree.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace google::protobuf {
class Descriptor;
class Message;
}  // namespace google::protobuf

namespace dangol::config {

// The paths of the scalar fields of `type` and of the messages in it, as YAML writes them
// (`kafka.bootstrap_servers`, `clock_step`), in the order of the proto. Lists and maps are left to
// the file.
std::vector<std::string> SettingPaths(const google::protobuf::Descriptor& type);

std::string FlagOf(absl::string_view path);         // --kafka-bootstrap-servers
std::string EnvironmentOf(absl::string_view path);  // DANGOL_KAFKA_BOOTSTRAP_SERVERS

// Sets what `path` (one of SettingPaths) names to `text`, in the forms of yaml.h. INVALID_ARGUMENT
// names `origin`, the value and the fix.
absl::Status ApplySetting(absl::string_view path, absl::string_view origin, absl::string_view text,
                          google::protobuf::Message* out);

// Applies the variables that are set: `get` is getenv. An empty one counts as not set.
using GetEnvironment = std::function<const char*(const char* name)>;
absl::Status ApplyEnvironment(const GetEnvironment& get, google::protobuf::Message* out);

}  // namespace dangol::config
