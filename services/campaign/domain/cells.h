// Which cell of an audience a customer is in.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "dangol/campaign/v1/campaign.pb.h"
#include "libs/base/types.h"

namespace dangol::campaign {

// A number uniform in [0, 1), the same for a customer as long as salt and version stay: the hash of
// the customer id seeded with Hash64(salt, salt_version).
double Draw(absl::string_view salt, int32_t salt_version, CustomerId customer);

// The cell whose part of the cumulative shares holds the draw. Shares add up to 10,000
// (validate.h). Salt: the assignment's, or the campaign's name.
const v1::Cell* CellByHash(const v1::Campaign& campaign, const v1::Audience& audience,
                           CustomerId customer);

// nullptr: the audience has no such cell.
const v1::Cell* FindCell(const v1::Audience& audience, absl::string_view name);
// The first cell that is not control; nullptr where there is none.
const v1::Cell* FirstTreated(const v1::Audience& audience);
// What a customer of `cell` is judged and offered by: the cell itself; for control, the audience's
// first treated cell.
const v1::Cell& OfferCell(const v1::Audience& audience, const v1::Cell& cell);
// The channel whose rules apply to the cell; of a control cell that names none, the first treated
// cell's.
absl::string_view ChannelOf(const v1::Audience& audience, const v1::Cell& cell);

}  // namespace dangol::campaign
