// Configuration of the one-process server: file, then command line.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace dangol::config::v1 {
class DangoldConfig;
}

namespace dangol {

// INVALID_ARGUMENT naming the option or the file's line. `*help` is set to the text to print when
// the caller asked for help or the version instead.
absl::StatusOr<config::v1::DangoldConfig> ParseDangoldOptions(int argc, char** argv,
                                                              std::string* help);

}  // namespace dangol
