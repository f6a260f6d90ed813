// Customers who turned out to be another one, and customers of whom nothing may be kept.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "libs/stream/context.h"
#include "services/offer/domain/learning_pace.h"

namespace dangol::event::v1 {
class ContactEvent;
}

namespace dangol::offer {

absl::Status OnMerged(CustomerId from, CustomerId into, Context& ctx);
// DATA_LOSS: not a hand-over.
absl::Status OnHandOver(CustomerId into, absl::string_view state, Context& ctx);
// The same where `into` was erased meanwhile: only its reservations stay, as OnErased leaves them.
absl::Status OnErasedHandOver(absl::string_view state, Context& ctx);
// Removes the customer and says so. Reservations whose contact is not settled stay under the
// contact id alone, for the budget's sake.
void OnErased(CustomerId id, const std::string& erasure, Context& ctx);
// Settles one of those.
void SettleErased(const event::v1::ContactEvent& contact, const LearningPace& pace, Context& ctx);

}  // namespace dangol::offer
