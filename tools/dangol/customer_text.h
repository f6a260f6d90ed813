// Customers and what is known about them, as text.
#pragma once

#include <string>
#include <vector>

namespace dangol::campaign::v1 {
class ExplainContactResponse;
}
namespace dangol::profile::v1 {
class Customer;
class Erasure;
class Merge;
class Stats;
class TimelineEntry;
}  // namespace dangol::profile::v1
namespace dangol::segmentation::v1 {
class CustomerFeatures;
}

namespace dangol::cli {

std::string CustomerText(const profile::v1::Customer& customer);
// The business units whose features a page shows: the one asked for, or those of the life cycles;
// "" (the only one there is) when there are none.
std::vector<std::string> UnitsToShow(const profile::v1::Customer& customer,
                                     const std::string& asked);
std::string FeaturesText(const segmentation::v1::CustomerFeatures& features);
// Time, stage, what, about.
std::vector<std::string> TimelineRow(const profile::v1::TimelineEntry& entry);
std::string ExplainText(const campaign::v1::ExplainContactResponse& response);
std::string StatsText(const profile::v1::Stats& stats);

// Merge, state, evidence, since, by, reason.
std::vector<std::string> MergeRow(const profile::v1::Merge& merge);
std::string MergeText(const profile::v1::Merge& merge);
// Erasure, state, requested, by, reason, complete.
std::vector<std::string> ErasureRow(const profile::v1::Erasure& erasure);
std::string ErasureText(const profile::v1::Erasure& erasure);

}  // namespace dangol::cli
