// The definitions a scope works by, parsed: campaign's own and those of other services that it
// refers to. Kept in table shared as "def/<kind>/<name>"; rebuilt from there on acquire.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "dangol/campaign/v1/campaign.pb.h"
#include "dangol/common/v1/business_unit.pb.h"
#include "libs/stream/context.h"
#include "services/campaign/domain/validate.h"

namespace dangol::event::v1 {
class DefinitionEvent;
}

namespace dangol::campaign {

class Definitions {
 public:
  void Acquire(StateView& state);

  // Takes over what topic `definition` says. The campaign it was about, if it was one and not older
  // than what is known; else nullptr.
  const v1::Campaign* Apply(const event::v1::DefinitionEvent& event, Context& ctx);

  // nullptr: not known. Valid until the next Apply.
  const v1::Campaign* campaign(absl::string_view name) const;
  const v1::Channel* channel(absl::string_view name) const;
  const common::v1::BusinessUnit* business_unit(absl::string_view name) const;
  // Of a business unit.
  const v1::ContactPolicy* policy_of(absl::string_view business_unit) const;
  // What a customer reads; "" for an unknown offer.
  std::string offer_content(absl::string_view offer) const;

  using CampaignMap = std::map<std::string, v1::Campaign, std::less<>>;
  const CampaignMap& campaigns() const { return campaigns_; }
  // How long a contact must be remembered for the caps.
  Micros longest_cap_window() const;

  bool all_paused() const { return all_paused_; }
  void SetAllPaused(bool paused, Context& ctx);

  // From the table, so that partition 0's own writes count at once.
  static KnownNames Known(StateView& state);

 private:
  CampaignMap campaigns_;
  std::map<std::string, v1::Channel, std::less<>> channels_;
  std::map<std::string, v1::ContactPolicy, std::less<>> policies_;
  std::map<std::string, common::v1::BusinessUnit, std::less<>> units_;
  std::map<std::string, std::string, std::less<>> offer_contents_;
  bool all_paused_ = false;
};

}  // namespace dangol::campaign
