#include "services/response/definitions.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/definition.pb.h"
#include "libs/stream/tables.h"

namespace dangol::response {
namespace {

// A campaign that was never approved has contacted nobody.
bool MayContact(const campaign::v1::Campaign& campaign) {
  return campaign.state() >= campaign::v1::CAMPAIGN_STATE_APPROVED || campaign.start_time_us() > 0;
}

}  // namespace

void Definitions::Load(StateView& state) {
  ForEachRecord<campaign::v1::Campaign>(state, Table::kShared, kCampaigns,
                                        [&](absl::string_view name, const auto& campaign) {
                                          campaigns_[std::string(name)] = campaign;
                                        });
  ForEachRecord<common::v1::BusinessUnit>(
      state, Table::kShared, kBusinessUnits,
      [&](absl::string_view name, const auto& unit) { business_units_[std::string(name)] = unit; });
  MeasureUnits();
}

void Definitions::Put(Context& ctx, const event::v1::DefinitionEvent& definition) {
  if (definition.has_campaign()) {
    // Of a deleted campaign the last value stays: its results are still asked for.
    const auto& campaign = definition.campaign();
    StoreRecord(ctx, Table::kShared, absl::StrCat(kCampaigns, campaign.name()), campaign);
    campaigns_[campaign.name()] = campaign;
    MeasureUnits();
  } else if (definition.has_business_unit()) {
    const auto& unit = definition.business_unit();
    StoreRecord(ctx, Table::kShared, absl::StrCat(kBusinessUnits, unit.name()), unit);
    business_units_[unit.name()] = unit;
  }
}

void Definitions::MeasureUnits() {
  units_.clear();
  for (const auto& [name, campaign] : campaigns_) {
    if (!MayContact(campaign)) continue;
    Unit& unit = units_[campaign.business_unit()];
    unit.keep_for = std::max<Micros>(unit.keep_for, campaign.response_window_us());
    unit.reach = 2 * unit.keep_for;
  }
}

const campaign::v1::Campaign* Definitions::campaign(const std::string& name) const {
  const auto it = campaigns_.find(name);
  return it == campaigns_.end() ? nullptr : &it->second;
}

const std::string& Definitions::CurrencyOf(const std::string& business_unit) const {
  const auto it = business_units_.find(business_unit);
  return it == business_units_.end() ? common::v1::BusinessUnit::default_instance().currency()
                                     : it->second.currency();
}

Micros Definitions::KeepFor(const std::string& business_unit) const {
  const auto it = units_.find(business_unit);
  return it == units_.end() ? 0 : it->second.keep_for;
}

Micros Definitions::ReachOf(absl::string_view business_unit) const {
  const auto it = units_.find(business_unit);
  return it == units_.end() ? 0 : it->second.reach;
}

}  // namespace dangol::response
