#include "tools/client/call.h"

#include <algorithm>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "libs/base/clock.h"

namespace dangol::client {
namespace {

constexpr Micros kAttemptTimeout = 5 * kMicrosPerMinute;

// Nobody here cancels a call: CANCELLED is of a server that stops and has not begun it.
bool WorthRetrying(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status) ||
         absl::IsCancelled(status);
}

}  // namespace

absl::Status Retrying(Micros give_up_us,
                      const std::function<grpc::Status(grpc::ClientContext*)>& method) {
  const Micros end = SteadyMicros() + give_up_us;
  absl::Duration pause = absl::Milliseconds(20);
  while (true) {
    const Micros left = end - SteadyMicros();
    const absl::Status status = Once(std::clamp<Micros>(left, 1, kAttemptTimeout), method);
    if (!WorthRetrying(status) || SteadyMicros() >= end) return status;
    absl::SleepFor(pause);  // the server asked for time, or is starting
    pause = std::min(2 * pause, absl::Seconds(1));
  }
}

}  // namespace dangol::client
