// From decision to contact: what a contact's life does to the reservation that was made for it.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "dangol/offer/v1/state.pb.h"
#include "libs/stream/context.h"
#include "services/offer/domain/learning_pace.h"

namespace dangol::event::v1 {
class ContactEvent;
}

namespace dangol::offer {

v1::CustomerRecord LoadCustomer(StateView& state, CustomerId id);
void StoreCustomer(Context& ctx, CustomerId id, const v1::CustomerRecord& record);

// Of the decision that a proposal gets.
std::string DecisionId(absl::string_view contact_id);

// Table shared: a proposal that waits for a grant of `allotment`.
inline constexpr absl::string_view kWaiting = "waiting/";
std::string WaitingKey(absl::string_view allotment, absl::string_view contact_id);
// Forgets the proposals that wait, of a customer or (not empty) of one contact.
void DropWaiting(CustomerId customer, absl::string_view contact_id, Context& ctx);

// Counts the contact, or takes that back; returns its cost to the budget when it was dropped. True:
// nothing can follow. `customer` (may be nullptr) keeps the contacts that count toward caps.
bool Settle(const event::v1::ContactEvent& contact, v1::Reservation* reservation,
            v1::CustomerRecord* customer, const LearningPace& pace, Context& ctx);

}  // namespace dangol::offer
