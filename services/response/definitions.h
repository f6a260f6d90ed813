// The campaigns and business units a scope knows, from its `shared` table, ready for use.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "dangol/campaign/v1/campaign.pb.h"
#include "dangol/common/v1/business_unit.pb.h"
#include "libs/stream/context.h"

namespace dangol::event::v1 {
class DefinitionEvent;
}

namespace dangol::response {

inline constexpr absl::string_view kCampaigns = "def/campaign/";
inline constexpr absl::string_view kBusinessUnits = "def/business_unit/";

// Not thread-safe; one per scope.
class Definitions {
 public:
  void Load(StateView& state);
  // Keeps a campaign or business unit in the table and here; others are not response's.
  void Put(Context& ctx, const event::v1::DefinitionEvent& definition);

  const campaign::v1::Campaign* campaign(const std::string& name) const;
  // Empty when the unit is not known.
  const std::string& CurrencyOf(const std::string& business_unit) const;

  // How a business unit's activities are kept for contacts still on their way: until this long
  // after they occurred; 0: none of its campaigns can contact anyone.
  Micros KeepFor(const std::string& business_unit) const;
  // No window, late ones included, holds an activity that occurred longer ago than this.
  Micros ReachOf(absl::string_view business_unit) const;

 private:
  void MeasureUnits();

  struct Unit {
    Micros keep_for = 0;
    Micros reach = 0;
  };
  std::map<std::string, campaign::v1::Campaign> campaigns_;
  std::map<std::string, common::v1::BusinessUnit> business_units_;
  std::map<std::string, Unit, std::less<>> units_;
};

}  // namespace dangol::response
