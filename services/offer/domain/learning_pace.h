// When what responses taught becomes the offers' new odds.
#pragma once

#include <algorithm>

#include "libs/base/types.h"

namespace dangol::offer {

// The same in all processes of a cluster.
struct LearningPace {
  Micros interval = kMicrosPerHour;  // positive

  Micros NextReport(Micros now) const { return (now / interval + 1) * interval; }
  // A while after the boundary that `now` has passed: by then every partition's report is in.
  Micros NextPublish(Micros now) const {
    return now / interval * interval + std::min(kMicrosPerMinute, interval / 2);
  }
};

}  // namespace dangol::offer
