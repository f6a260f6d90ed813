#include "services/offer/domain/merge.h"

#include <algorithm>
#include <utility>

namespace dangol::offer {

v1::HandOver HandOverOf(const v1::CustomerRecord& customer) {
  v1::HandOver state;
  state.set_do_not_serve(customer.do_not_serve());
  *state.mutable_contacts() = customer.contacts();
  *state.mutable_reservations() = customer.reservations();
  return state;
}

void TakeOver(const v1::HandOver& state, v1::CustomerRecord* into) {
  into->set_do_not_serve(into->do_not_serve() || state.do_not_serve());
  auto* contacts = into->mutable_contacts();
  contacts->MergeFrom(state.contacts());
  std::sort(contacts->begin(), contacts->end(), [](const auto& a, const auto& b) {
    return std::pair(a.time_us(), a.offer()) < std::pair(b.time_us(), b.offer());
  });
  // Contact ids are of one customer each: no two meet.
  for (const auto& [contact, reservation] : state.reservations()) {
    (*into->mutable_reservations())[contact] = reservation;
  }
}

}  // namespace dangol::offer
