#include "services/offer/catalogue.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"
#include "libs/stream/tables.h"
#include "services/offer/domain/policy.h"

namespace dangol::offer {
namespace {

Candidate CandidateOf(const v1::Offer& offer, const v1::OfferPosterior& posterior) {
  return {posterior.contacts(), posterior.responses(), offer.response_value_minor(),
          static_cast<double>(offer.unit_cost_micros()) / 1e6};
}

}  // namespace

std::string BudgetOf(absl::string_view offer) { return absl::StrCat("budget/", offer); }

void Catalogue::Load(StateView& state) {
  ForEachRecord<v1::Offer>(state, Table::kShared, kOffers,
                           [&](absl::string_view, const v1::Offer& offer) { Add(offer); });
  ForEachRecord<v1::OfferPosterior>(
      state, Table::kShared, kPosteriors,
      [&](absl::string_view name, const v1::OfferPosterior& posterior) {
        posteriors_[std::string(name)] = posterior;
      });
}

const v1::Offer* Catalogue::Find(absl::string_view name) const {
  const auto it = offers_.find(std::string(name));
  return it == offers_.end() ? nullptr : &it->second;
}

std::vector<std::string> Catalogue::NamesOf(absl::string_view business_unit) const {
  std::vector<std::string> names;
  for (const auto& [name, offer] : offers_) {
    if (offer.business_unit() == business_unit) names.push_back(name);
  }
  return names;
}

v1::OfferPosterior Catalogue::PosteriorOf(const std::string& offer) const {
  const auto it = posteriors_.find(offer);
  if (it != posteriors_.end()) return it->second;
  v1::OfferPosterior unknown;
  unknown.set_offer(offer);
  return unknown;
}

void Catalogue::Add(const v1::Offer& offer) {
  offers_[offer.name()] = offer;
  longest_cap_window_ = std::max(longest_cap_window_, offer.cap().window_us());
  thompson_.clear();
}

void Catalogue::Put(Context& ctx, const v1::Offer& offer) {
  ctx.Put(Table::kShared, absl::StrCat(kOffers, offer.name()), offer.SerializeAsString());
  Add(offer);
}

void Catalogue::Put(Context& ctx, const v1::OfferPosterior& posterior) {
  ctx.Put(Table::kShared, absl::StrCat(kPosteriors, posterior.offer()),
          posterior.SerializeAsString());
  posteriors_[posterior.offer()] = posterior;
  thompson_.clear();
}

const std::vector<double>& Catalogue::Thompson(const std::vector<const v1::Offer*>& eligible) {
  std::string key;
  std::vector<Candidate> candidates;
  for (const v1::Offer* offer : eligible) {
    const auto posterior = PosteriorOf(offer->name());
    candidates.push_back(CandidateOf(*offer, posterior));
    absl::StrAppend(&key, offer->name(), "/", offer->version(), "/", posterior.version(), " ");
  }
  const auto [it, fresh] = thompson_.try_emplace(key);
  // Seeded by what is known alone, so that every partition computes the same numbers.
  if (fresh) it->second = memo_->Thompson(candidates, Hash64(key));
  return it->second;
}

}  // namespace dangol::offer
