// The counts of one (wave, audience, cell) and the waterfall they add up to. Only leaves are
// counted; every sum is made of them, so that it ties by construction.
#pragma once

#include "absl/strings/string_view.h"
#include "dangol/campaign/v1/campaign_service.pb.h"
#include "dangol/campaign/v1/state.pb.h"

namespace dangol::campaign {

bool IsTerminal(v1::ContactStage stage);

// Moves one contact between stages; UNSPECIFIED as `from`: it is assigned now. A SUPPRESSED side is
// counted under its reason.
void MoveStage(v1::ContactStage from, absl::string_view from_reason, v1::ContactStage to,
               absl::string_view to_reason, v1::CellCounts* counts);

// Adds `counts` to the waterfall and keeps its equations (campaign_service.proto).
void AddCounts(const v1::CellCounts& counts, v1::Waterfall* waterfall);
// Of a cell: what was excluded never had one, so selected = eligible = assigned.
void CloseCell(v1::Waterfall* waterfall);
void AddWaterfall(const v1::Waterfall& part, v1::Waterfall* sum);

// True if every equation holds.
bool Ties(const v1::Waterfall& waterfall);

}  // namespace dangol::campaign
