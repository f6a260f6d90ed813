// A campaign's report from its cells' exact sums: statistics only in libs/stats, words only in
// report/.
#pragma once

#include <map>
#include <string>
#include <tuple>

#include "absl/status/statusor.h"
#include "libs/base/types.h"

namespace dangol {
namespace campaign::v1 {
class Campaign;
}
namespace response::v1 {
class CellSums;
class GetReportRequest;
class Report;
}  // namespace response::v1
}  // namespace dangol

namespace dangol::response {

// (wave, audience, cell) → what all partitions know of it.
using CellKey = std::tuple<std::string, std::string, std::string>;
using Cells = std::map<CellKey, v1::CellSums>;

// Confidence in (0, 1) or 0, margin in 0…10,000, cost not negative; INVALID_ARGUMENT otherwise.
absl::Status CheckReportRequest(const v1::GetReportRequest& request);

// The same whatever the number of partitions that `cells` come from. Audiences and cells are in the
// order of the definition; those that earlier versions of it contacted follow. Lifts as in
// libs/stats: SHARE by RateLift, COUNT and SUM by MeanLift. An audience that lacks `baseline_cell`,
// and every one when it is empty, is compared with its control cell; without one there are no
// comparisons. NOT_FOUND: the wave, or the baseline cell, is not the campaign's. DATA_LOSS: damaged
// sums. `request` must have passed CheckReportRequest.
absl::StatusOr<v1::Report> BuildReport(const campaign::v1::Campaign& campaign,
                                       const std::string& currency, const Cells& cells,
                                       const v1::GetReportRequest& request, Micros now);

}  // namespace dangol::response
