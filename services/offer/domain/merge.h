// What becomes of a customer's record when it turns out to be another one's. Pure, and indifferent
// to the order in which several customers are merged into one, directly or one through another:
// both count toward caps, and of two do-not-serve the one that ends later holds.
#pragma once

#include "dangol/offer/v1/state.pb.h"

namespace dangol::offer {

// Memberships stay behind: segmentation tells those of the united customer.
v1::HandOver HandOverOf(const v1::CustomerRecord& customer);
void TakeOver(const v1::HandOver& state, v1::CustomerRecord* into);

}  // namespace dangol::offer
