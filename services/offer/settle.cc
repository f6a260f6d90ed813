#include "services/offer/settle.h"

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dangol/event/v1/contact.pb.h"
#include "libs/stream/allotment.h"
#include "libs/stream/tables.h"
#include "services/offer/catalogue.h"
#include "services/offer/learning.h"

namespace dangol::offer {
namespace {

// A reservation becomes one of the customer's contacts, or no longer is one.
void SetCounted(bool counted, Micros contact_time, v1::Reservation* reservation,
                v1::CustomerRecord* customer, const LearningPace& pace, Context& ctx) {
  if (counted) reservation->set_time_us(contact_time);
  if (customer != nullptr) {
    auto* contacts = customer->mutable_contacts();
    if (counted) {
      v1::OfferContact* made = contacts->Add();
      made->set_offer(reservation->offer());
      made->set_time_us(contact_time);
    } else {
      const auto made = std::find_if(contacts->begin(), contacts->end(), [&](const auto& c) {
        return c.offer() == reservation->offer() && c.time_us() == reservation->time_us();
      });
      if (made != contacts->end()) contacts->erase(made);
    }
  }
  reservation->set_counted(counted);
  CountContact(ctx, pace, reservation->offer(), counted ? 1 : -1);
}

}  // namespace

v1::CustomerRecord LoadCustomer(StateView& state, CustomerId id) {
  return LoadRecord<v1::CustomerRecord>(state, Table::kCustomer, EncodeKey(id));
}

void StoreCustomer(Context& ctx, CustomerId id, const v1::CustomerRecord& record) {
  StoreRecord(ctx, Table::kCustomer, EncodeKey(id), record);
}

std::string DecisionId(absl::string_view contact_id) { return absl::StrCat("d-", contact_id); }

std::string WaitingKey(absl::string_view allotment, absl::string_view contact_id) {
  return absl::StrCat(kWaiting, allotment, "/", contact_id);
}

void DropWaiting(CustomerId customer, absl::string_view contact_id, Context& ctx) {
  std::vector<std::string> keys;
  ForEachRecord<v1::WaitingProposal>(
      ctx, Table::kShared, kWaiting, [&](absl::string_view rest, const auto& waiting) {
        const auto& proposal = waiting.proposal();
        const bool named = contact_id.empty() ? proposal.customer_id() == customer
                                              : proposal.contact_id() == contact_id;
        if (named) keys.push_back(absl::StrCat(kWaiting, rest));
      });
  for (const std::string& key : keys) ctx.Delete(Table::kShared, key);
}

bool Settle(const event::v1::ContactEvent& contact, v1::Reservation* reservation,
            v1::CustomerRecord* customer, const LearningPace& pace, Context& ctx) {
  const bool counts = contact.counts_as_contact() && !contact.is_holdout_twin();
  const bool dropped =
      contact.status() == event::v1::CONTACT_STATUS_SUPPRESSED ||
      (contact.status() == event::v1::CONTACT_STATUS_FAILED && !contact.counts_as_contact());
  // An attempt that counts may still fail definitely, and then be tried again or given up.
  const bool attempting = contact.status() == event::v1::CONTACT_STATUS_ATTEMPTING;
  if (counts != reservation->counted()) {
    SetCounted(counts, contact.contact_time_us(), reservation, customer, pace, ctx);
  }
  if (dropped && reservation->cost_micros() > 0) {
    allotment::Refund(ctx, BudgetOf(reservation->offer()), reservation->cost_micros());
  }
  return dropped || contact.is_holdout_twin() || (counts && !attempting);
}

}  // namespace dangol::offer
