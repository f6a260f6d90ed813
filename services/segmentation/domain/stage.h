// The life-cycle stage of a customer in one business unit.
#pragma once

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/base/types.h"
#include "libs/expr/customer_view.h"
#include "services/segmentation/domain/purchases.h"

namespace dangol::segmentation {

// With D the instant, FP and LP the first and last purchase before D that did not come back whole,
// the first of these that holds:
//   do-not-serve  the customer is restricted at D
//   prospect      there is no purchase
//   dormant-12    no purchase in [D − 12 months, D)
//   dormant-6     … in [D − 6 months, D)
//   new           FP after D − 6 months: under 6 completed months. Before dormant-2, because a new
//                 customer's months 3 and 5 belong to the welcome, not to the win-back
//   dormant-2     no purchase in [D − 2 months, D)
//   existing      otherwise
// Months are calendar months in the zone, as in libs/expr, so that a stage ends at the very instant
// at which the window of a segment with the same words does.
inline constexpr absl::string_view kStages[] = {
    "prospect", "new", "existing", "dormant-2", "dormant-6", "dormant-12", "do-not-serve"};
inline constexpr absl::string_view kProspect = "prospect";

struct Restricted {
  bool now = false;
  Micros until = kNever;
};

// `until` of the result: the first instant after `at` at which the stage may differ.
expr::Stage StageAt(const Purchases& purchases, Restricted restricted, Micros at,
                    absl::TimeZone zone);

}  // namespace dangol::segmentation
