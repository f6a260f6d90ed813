#include "libs/base/clock.h"

#include <chrono>

namespace dangol {
namespace {

template <typename ClockType>
Micros MicrosOf() {
  return std::chrono::duration_cast<std::chrono::microseconds>(ClockType::now().time_since_epoch())
      .count();
}

}  // namespace

Micros SystemClock::Now() const { return MicrosOf<std::chrono::system_clock>(); }

void ManualClock::AdvanceTo(Micros to) {
  Micros now = now_.load(std::memory_order_relaxed);
  while (now < to && !now_.compare_exchange_weak(now, to, std::memory_order_release)) {
  }
}

Micros SteadyMicros() { return MicrosOf<std::chrono::steady_clock>(); }

}  // namespace dangol
