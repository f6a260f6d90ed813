// Reading what the scopes know of a campaign; shared by the RPCs and the tests.
#pragma once

#include "absl/status/status.h"
#include "libs/stream/context.h"
#include "services/response/domain/report.h"

namespace dangol::response {

// Adds the scope's part of each cell of `campaign`. DATA_LOSS: damaged sums.
absl::Status CollectCells(StateView& state, const std::string& campaign, Cells* cells);

}  // namespace dangol::response
