// Whom a campaign selects, and into which cell.
#pragma once

#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "dangol/campaign/v1/campaign.pb.h"
#include "dangol/campaign/v1/state.pb.h"
#include "dangol/event/v1/activity.pb.h"
#include "libs/base/types.h"

namespace dangol::campaign {

using MemberFn = std::function<bool(absl::string_view segment)>;

struct Selection {
  const v1::Audience* audience = nullptr;  // nullptr: no audience selects the customer
  const v1::Cell* cell = nullptr;          // nullptr: excluded
  std::string excluded;                    // EXCLUDED_SEGMENT or ALREADY_CONTACTED
};

// The first audience whose segment holds the customer selects it, even if it then excludes it. By
// list, only the audience that has the customer's cell can.
Selection Select(const v1::Campaign& campaign, const v1::CustomerRecord& customer, CustomerId id,
                 const MemberFn& in);

// Does what selected the customer still hold? That an activity happened always does; the audience's
// segment, its exclusions and the trigger's segment are looked at again.
struct Standing {
  std::string lost;     // empty: it holds; else LEFT_SEGMENT or EXCLUDED_SEGMENT
  std::string segment;  // that decided, or the audience's
};
Standing StillSelected(const v1::Campaign& campaign, const v1::Audience& audience,
                       const MemberFn& in);

// The cell of a complete upload; "" without one.
std::string ListedCell(const v1::Campaign& campaign, const v1::CustomerRecord& customer);

// "purchase", "return", "visit", …, or a web event's name.
std::string ActivityKind(const event::v1::Activity& activity);
// Whether an activity of that unit and time can fire the campaign's trigger at all.
bool MayFire(const v1::Campaign& campaign, absl::string_view business_unit, Micros occurred,
             Micros now);
// Fresh, of the trigger's kind and business unit, and large enough.
bool Fires(const v1::Campaign& campaign, const event::v1::Activity& activity, Micros now);

const v1::Audience* FindAudience(const v1::Campaign& campaign, absl::string_view name);

}  // namespace dangol::campaign
