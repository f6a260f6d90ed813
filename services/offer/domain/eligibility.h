// May this customer be given this offer now? Each answer has a stable reason.
#pragma once

#include "absl/strings/string_view.h"
#include "libs/base/types.h"

namespace dangol::offer {

namespace v1 {
class CustomerRecord;
class Offer;
}  // namespace v1

// ELIGIBLE, or why not: NOT_ACTIVE, WRONG_BUSINESS_UNIT, NOT_VALID_YET, EXPIRED, DO_NOT_SERVE,
// NOT_IN_SEGMENT, OVER_CAP. Budget is not looked at.
absl::string_view Eligibility(const v1::Offer& offer, const v1::CustomerRecord& customer,
                              absl::string_view business_unit, Micros now);

// Drops contacts that no window of `longest_window_us` reaches any more.
void PruneContacts(Micros now, Micros longest_window_us, v1::CustomerRecord* customer);

}  // namespace dangol::offer
