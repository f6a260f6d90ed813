// How a server is told its configuration: a YAML file, then the environment, then flags; the later
// overrides. One flag and one variable for every setting (settings.h).
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "libs/config/settings.h"

namespace dangol::config {

struct CommandLine {
  std::string title;   // "dangold: …", the first line of --help
  std::string footer;  // the last one
  // What --help says of a setting, and a shorter flag besides its own.
  struct About {
    std::string path;
    std::string help;
    std::string short_flag;
  };
  std::vector<About> about;
};

// `help` becomes the text to print, and nothing else is done, when --help was asked for.
// INVALID_ARGUMENT names the flag, the variable, or the place in the file, with the fix.
absl::Status ParseCommandLine(const CommandLine& line, int argc, const char* const* argv,
                              const GetEnvironment& get, google::protobuf::Message* out,
                              std::string* help);

}  // namespace dangol::config
