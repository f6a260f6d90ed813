#include "services/offer/domain/merge.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "libs/base/types.h"

namespace dangol::offer {
namespace {

// Of a HandOver or a CustomerRecord.
template <typename Record>
Micros EndOfRestriction(const Record& record) {
  if (!record.do_not_serve()) return 0;
  return record.do_not_serve_until_us() == 0 ? std::numeric_limits<Micros>::max()
                                             : record.do_not_serve_until_us();
}

}  // namespace

v1::HandOver HandOverOf(const v1::CustomerRecord& customer) {
  v1::HandOver state;
  state.set_do_not_serve(customer.do_not_serve());
  state.set_do_not_serve_until_us(customer.do_not_serve_until_us());
  *state.mutable_contacts() = customer.contacts();
  *state.mutable_reservations() = customer.reservations();
  return state;
}

void TakeOver(const v1::HandOver& state, v1::CustomerRecord* into) {
  if (EndOfRestriction(state) > EndOfRestriction(*into)) {
    into->set_do_not_serve(true);
    into->set_do_not_serve_until_us(state.do_not_serve_until_us());
  }
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
