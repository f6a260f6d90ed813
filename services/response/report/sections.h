// Parts of the report page.
#pragma once

#include <string>

namespace dangol::response::v1 {
class AudienceReport;
class Lift;
class RenderReportRequest;
class Report;
}  // namespace dangol::response::v1

namespace dangol::response {

// A difference and a level of a metric in its own unit: points and percent, numbers, money.
std::string DifferenceText(const std::string& measure, double value, const std::string& currency);
std::string LevelText(const std::string& measure, double value, const std::string& currency);

// One sentence in plain words, as HTML: what the contacted did, what the held-out did, how much
// more, and how sure that is.
std::string HeadlineSentence(const v1::Report& report, const v1::Lift& lift,
                             const std::string& cell, const std::string& baseline,
                             bool baseline_is_control);

// Lift charts, cells, sample-ratio check, reasons of suppression and economics of an audience.
// `index` makes ids unique.
std::string AudienceSection(const v1::Report& report, const v1::AudienceReport& audience,
                            const v1::RenderReportRequest& request, int index);
std::string EconomicsBlock(const v1::Report& report, const v1::AudienceReport& audience);

}  // namespace dangol::response
