#include "services/offer/domain/eligibility.h"

#include <algorithm>

#include "dangol/offer/v1/offer.pb.h"
#include "dangol/offer/v1/state.pb.h"

namespace dangol::offer {
namespace {

bool InSegment(const v1::CustomerRecord& customer, const std::string& segment) {
  return std::find(customer.segments().begin(), customer.segments().end(), segment) !=
         customer.segments().end();
}

bool DoNotServe(const v1::CustomerRecord& customer, Micros now) {
  return customer.do_not_serve() &&
         (customer.do_not_serve_until_us() == 0 || customer.do_not_serve_until_us() > now);
}

// Contacts made and decisions pending both count, so that two campaigns cannot pass the cap at
// once.
bool OverCap(const v1::Offer& offer, const v1::CustomerRecord& customer, Micros now) {
  if (offer.cap().count() == 0) return false;
  const Micros since = now - offer.cap().window_us();
  int count = 0;
  for (const auto& contact : customer.contacts()) {
    count += contact.offer() == offer.name() && contact.time_us() > since;
  }
  for (const auto& [id, reservation] : customer.reservations()) {
    count += reservation.offer() == offer.name() && !reservation.is_holdout_twin() &&
             !reservation.counted();  // stands among the contacts
  }
  return count >= offer.cap().count();
}

}  // namespace

absl::string_view Eligibility(const v1::Offer& offer, const v1::CustomerRecord& customer,
                              absl::string_view business_unit, Micros now) {
  if (!offer.active()) return "NOT_ACTIVE";
  if (offer.business_unit() != business_unit) return "WRONG_BUSINESS_UNIT";
  if (now < offer.valid_start_time_us()) return "NOT_VALID_YET";
  if (offer.valid_end_time_us() != 0 && now >= offer.valid_end_time_us()) return "EXPIRED";
  if (DoNotServe(customer, now)) return "DO_NOT_SERVE";
  if (!offer.eligible_segment().empty() && !InSegment(customer, offer.eligible_segment())) {
    return "NOT_IN_SEGMENT";
  }
  if (OverCap(offer, customer, now)) return "OVER_CAP";
  return "ELIGIBLE";
}

void PruneContacts(Micros now, Micros longest_window_us, v1::CustomerRecord* customer) {
  auto* contacts = customer->mutable_contacts();
  const auto first_kept = std::find_if(contacts->begin(), contacts->end(), [&](const auto& c) {
    return c.time_us() > now - longest_window_us;
  });
  contacts->erase(contacts->begin(), first_kept);
}

}  // namespace dangol::offer
