// Profile's state machine for one partition: who is it, what did it do, what may be done to it.
#pragma once

#include <string>

#include "libs/stream/processor.h"

namespace dangol::profile {

// None changes at run time; all instances must agree, since they decide what identifiers mean.
struct Options {
  // Region of national phone numbers where the business unit names none.
  std::string phone_region = "KR";
};

ServiceSpec Spec(Options options = {});

// Timer of a wave's watermark; its subject is the watermark's.
inline constexpr uint32_t kTimerWave = 1;

}  // namespace dangol::profile
