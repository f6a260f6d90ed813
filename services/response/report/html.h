// The report as one self-contained page: inline CSS and SVG, no scripts, nothing fetched.
#pragma once

#include <string>

namespace dangol::response::v1 {
class RenderReportRequest;
class Report;
}  // namespace dangol::response::v1

namespace dangol::response {

// Deterministic. Every name is escaped. `request` gives the waterfall, the title and, from a
// simulation, the true lifts (differences in the metric's own unit: share, number, minor units).
std::string RenderHtml(const v1::Report& report, const v1::RenderReportRequest& request);

}  // namespace dangol::response
