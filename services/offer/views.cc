#include "services/offer/views.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dangol/online/v1/views.pb.h"
#include "libs/online/view_json.h"
#include "services/offer/settle.h"

namespace dangol::offer {
namespace {

using online::View;

void AddDecisions(StateView& state, CustomerId id, std::vector<online::Change>* changes) {
  if (state.Get(Table::kCustomer, EncodeKey(id)) == nullptr)
    return changes->push_back(online::DeleteView(View::kDecisions, id));
  const v1::CustomerRecord customer = LoadCustomer(state, id);
  online::v1::LiveDecisions view;
  for (const auto& [contact, reservation] : customer.reservations()) {
    online::v1::LiveDecision* live = view.add_decisions();
    live->set_decision_id(DecisionId(contact));
    live->set_contact_id(contact);
    live->set_offer(reservation.offer());
    live->set_offer_version(reservation.offer_version());
    live->set_campaign(reservation.campaign());
    live->set_decided_time_us(reservation.time_us());
    live->set_is_holdout_twin(reservation.is_holdout_twin());
  }
  // The map has no order of its own.
  std::sort(view.mutable_decisions()->begin(), view.mutable_decisions()->end(),
            [](const auto& a, const auto& b) {
              return std::pair(a.decided_time_us(), a.contact_id()) <
                     std::pair(b.decided_time_us(), b.contact_id());
            });
  changes->push_back(online::PutMessage(View::kDecisions, id, view));
}

}  // namespace

online::ViewBuilder Views() { return {.view = AddDecisions}; }

}  // namespace dangol::offer
