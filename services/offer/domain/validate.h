// Rules an offer's definition keeps to.
#pragma once

#include "absl/status/status.h"

namespace dangol::offer {

namespace v1 {
class Offer;
}

// INVALID_ARGUMENT naming the field, its value and the fix. Names of segments and business units
// are not looked up: they may be defined later.
absl::Status ValidateOffer(const v1::Offer& offer);

}  // namespace dangol::offer
