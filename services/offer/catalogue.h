// The offers and posteriors a scope knows, from its `shared` table, ready for use.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "dangol/offer/v1/offer.pb.h"
#include "libs/stream/context.h"
#include "services/offer/domain/propensity_memo.h"

namespace dangol::offer {

// Table shared, followed by the offer's name.
inline constexpr char kOffers[] = "def/offer/";
inline constexpr char kPosteriors[] = "def/posterior/";

// Name of the allotment that holds an offer's budget, in millionths of a minor unit.
std::string BudgetOf(absl::string_view offer);

// Not thread-safe; one per scope.
class Catalogue {
 public:
  explicit Catalogue(std::shared_ptr<PropensityMemo> memo) : memo_(std::move(memo)) {}

  void Load(StateView& state);

  const v1::Offer* Find(absl::string_view name) const;
  // Names of the business unit's offers, sorted.
  std::vector<std::string> NamesOf(absl::string_view business_unit) const;
  const std::map<std::string, v1::Offer>& offers() const { return offers_; }
  v1::OfferPosterior PosteriorOf(const std::string& offer) const;
  Micros longest_cap_window() const { return longest_cap_window_; }

  // Keeps a definition in the table and here.
  void Put(Context& ctx, const v1::Offer& offer);
  void Put(Context& ctx, const v1::OfferPosterior& posterior);

  // Thompson probabilities of these offers; computed once per set and state of knowledge.
  const std::vector<double>& Thompson(const std::vector<const v1::Offer*>& eligible);

 private:
  void Add(const v1::Offer& offer);

  const std::shared_ptr<PropensityMemo> memo_;
  std::map<std::string, v1::Offer> offers_;
  std::map<std::string, v1::OfferPosterior> posteriors_;
  Micros longest_cap_window_ = 0;
  absl::flat_hash_map<std::string, std::vector<double>> thompson_;
};

}  // namespace dangol::offer
