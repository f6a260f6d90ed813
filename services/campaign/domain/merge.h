// What becomes of a customer's record when it turns out to be another one's. Pure, and indifferent
// to the order in which several customers are merged into one, directly or one through another.
//
// Caps: both histories count. Consents: the newer word, and of two at the same time the refusal.
// Do-not-serve: the stricter. Cells: the customer's own stays; whoever one of the two was held out
// of is not contacted any more, nor held out of what one of them got (Doubles).
#pragma once

#include <functional>
#include <vector>

#include "absl/strings/string_view.h"
#include "dangol/campaign/v1/campaign.pb.h"
#include "dangol/campaign/v1/state.pb.h"
#include "libs/base/types.h"

namespace dangol::campaign {

// What `from` leaves to the customer that it is now. `contacts`: all that it was sent or held out
// of, once its pending ones are ended. `is_over`: no contact of the campaign can follow.
v1::HandOver HandOverOf(CustomerId from, const v1::CustomerRecord& customer,
                        const std::vector<v1::ContactRecord>& contacts,
                        const std::function<bool(absl::string_view campaign)>& is_over);

void TakeOver(const v1::HandOver& state, CustomerId from, v1::CustomerRecord* into);

// Would a contact (or twin) of `campaign` repeat in the same wave, of a once-per-customer campaign
// at all, or contradict, what a customer merged into this one got?
bool Doubles(const v1::CustomerRecord& customer, const v1::Campaign& campaign,
             absl::string_view wave, bool is_twin);

}  // namespace dangol::campaign
