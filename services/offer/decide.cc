#include "services/offer/decide.h"

#include "libs/stream/allotment.h"
#include "services/offer/domain/eligibility.h"
#include "services/offer/domain/policy.h"

namespace dangol::offer {
namespace {

struct Shortlist {
  std::vector<const v1::Offer*> offers;
  std::vector<event::v1::ConsideredOffer*> lines;

  void Drop(size_t i, const char* reason) {
    lines[i]->set_kept(false);
    lines[i]->set_reason(reason);
    offers.erase(offers.begin() + static_cast<std::ptrdiff_t>(i));
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(i));
  }
};

double Value(const v1::Offer& offer, const v1::OfferPosterior& posterior) {
  return ExpectedValue({posterior.contacts(), posterior.responses(), offer.response_value_minor(),
                        static_cast<double>(offer.unit_cost_micros()) / 1e6});
}

Shortlist Consider(const std::vector<std::string>& names, const Choice& choice,
                   const v1::CustomerRecord& customer, const Catalogue& catalogue, Micros now,
                   event::v1::DecisionEvent* decision) {
  Shortlist list;
  for (const std::string& name : names) {
    auto* line = decision->add_considered();
    line->set_offer(name);
    const v1::Offer* offer = catalogue.Find(name);
    const absl::string_view reason = offer == nullptr
                                         ? "UNKNOWN_OFFER"
                                         : Eligibility(*offer, customer, choice.business_unit, now);
    line->set_reason(std::string(reason));
    if (reason != "ELIGIBLE" || list.offers.size() == kMaxOffers) continue;
    line->set_kept(true);
    line->set_expected_value(Value(*offer, catalogue.PosteriorOf(name)));
    list.offers.push_back(offer);
    list.lines.push_back(line);
  }
  return list;
}

std::vector<double> Probabilities(event::v1::OfferPolicy policy, const Shortlist& list,
                                  Catalogue& catalogue) {
  switch (policy) {
    case event::v1::OFFER_POLICY_UNIFORM:
      return UniformProbabilities(list.offers.size());
    case event::v1::OFFER_POLICY_FIRST:
      return FirstProbabilities(list.offers.size());
    default:
      return catalogue.Thompson(list.offers);
  }
}

// Keeps the offers whose cost can be paid from their budget.
std::string DropUnpayable(Shortlist* list, Context& ctx) {
  for (size_t i = 0; i < list->offers.size();) {
    const v1::Offer& offer = *list->offers[i];
    if (offer.budget_minor() > 0 && offer.unit_cost_micros() > 0) {
      const std::string budget = BudgetOf(offer.name());
      const auto spending = allotment::Check(ctx, budget, offer.unit_cost_micros());
      if (spending == allotment::Spending::kWait) return budget;
      if (spending == allotment::Spending::kExhausted) {
        list->Drop(i, "NO_BUDGET");
        continue;
      }
    }
    ++i;
  }
  return "";
}

}  // namespace

std::string Decide(const Choice& choice, const v1::CustomerRecord& customer, Catalogue& catalogue,
                   CustomerId id, Context& ctx, event::v1::DecisionEvent* decision) {
  decision->clear_considered();
  const std::vector<std::string> names =
      choice.offers.empty() ? catalogue.NamesOf(choice.business_unit) : choice.offers;
  Shortlist list = Consider(names, choice, customer, catalogue, ctx.now(), decision);
  if (std::string wait = DropUnpayable(&list, ctx); !wait.empty()) return wait;
  if (list.offers.empty()) return "";

  const std::vector<double> probabilities = Probabilities(choice.policy, list, catalogue);
  const size_t chosen =
      Choose(probabilities, ctx.Random(id, "decide/" + choice.decision_id).Uniform());
  for (size_t i = 0; i < list.lines.size(); ++i) list.lines[i]->set_propensity(probabilities[i]);

  const v1::Offer& offer = *list.offers[chosen];
  decision->set_offer(offer.name());
  decision->set_offer_version(offer.version());
  decision->set_propensity(probabilities[chosen]);
  decision->set_unit_cost_micros(offer.unit_cost_micros());
  if (choice.takes_budget && offer.budget_minor() > 0 && offer.unit_cost_micros() > 0) {
    allotment::Spend(ctx, BudgetOf(offer.name()), offer.unit_cost_micros());
  }
  return "";
}

}  // namespace dangol::offer
