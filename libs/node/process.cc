#include "libs/node/process.h"

#include <signal.h>

#include "libs/base/status.h"
#include "libs/obs/log.h"

namespace dangol {
namespace {

constexpr timespec kLookInterval = {1, 0};

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

void KeepStopSignals() {
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void AwaitStop(const std::function<void()>& look) {
  const sigset_t signals = StopSignals();
  do {
    look();
  } while (sigtimedwait(&signals, nullptr, &kLookInterval) < 0);
}

absl::Status SetLogLevel(const std::string& level) {
  if (obs::SetLogLevel(level)) return absl::OkStatus();
  return BadField("--log-level", level, "is no level", "use debug, info, warning or error");
}

}  // namespace dangol
