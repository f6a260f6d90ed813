// One decision: eligible → probabilities → choice, with the reason for every offer kept or dropped.
#pragma once

#include <string>
#include <vector>

#include "dangol/event/v1/decision.pb.h"
#include "dangol/event/v1/proposal.pb.h"
#include "dangol/offer/v1/state.pb.h"
#include "libs/stream/context.h"
#include "services/offer/catalogue.h"

namespace dangol::offer {

struct Choice {
  std::string decision_id;
  std::vector<std::string> offers;  // empty: all of the business unit
  std::string business_unit;
  event::v1::OfferPolicy policy = event::v1::OFFER_POLICY_THOMPSON;
  bool takes_budget = true;  // false for a held-out twin
};

// Fills offer, version, propensity, cost and `considered` of `decision`, and takes the chosen
// offer's cost from its budget. Offers without budget left are dropped as NO_BUDGET. Returns the
// allotment to wait for, with nothing decided, when a grant for an eligible offer is on its way;
// "" otherwise.
std::string Decide(const Choice& choice, const v1::CustomerRecord& customer, Catalogue& catalogue,
                   CustomerId id, Context& ctx, event::v1::DecisionEvent* decision);

}  // namespace dangol::offer
