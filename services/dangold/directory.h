// What is done to a data directory from the command line: backup, restore, verify, recover.
#pragma once

#include "absl/strings/string_view.h"

namespace dangol {

bool IsDirectoryCommand(absl::string_view word);

// Runs `dangold <command> …`. Returns the exit code: 0 done, 1 it failed or something was found
// wrong (said on standard error), 2 wrong usage.
int RunDirectoryCommand(int argc, char** argv);

}  // namespace dangol
