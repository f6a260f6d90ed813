// The process of a server: its signals, the level of its log.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"

namespace dangol {

// SIGTERM and SIGINT are kept for AwaitStop, by all threads that are started from here on. Call it
// before any is.
void KeepStopSignals();

// Calls `look` once a second until one of them comes. On the thread that called KeepStopSignals.
void AwaitStop(const std::function<void()>& look);

// obs::SetLogLevel, with an error that names the flag.
absl::Status SetLogLevel(const std::string& level);

}  // namespace dangol
