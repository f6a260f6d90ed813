// The only door to the wall clock; everything else takes a Clock.
#pragma once

#include <atomic>

#include "libs/base/types.h"

namespace dangol {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Micros Now() const = 0;
};

class SystemClock : public Clock {
 public:
  Micros Now() const override;
};

// Stands still until it is moved; never goes back.
class ManualClock : public Clock {
 public:
  explicit ManualClock(Micros start) : now_(start) {}
  Micros Now() const override { return now_.load(std::memory_order_acquire); }
  void AdvanceTo(Micros to);

 private:
  std::atomic<Micros> now_;
};

// Microseconds of a clock that never jumps: for deadlines, fsync intervals and HTTP timeouts only.
Micros SteadyMicros();

}  // namespace dangol
