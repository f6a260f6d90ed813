// A campaign's progress as text.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace dangol::campaign::v1 {
class Progress;
class Waterfall;
enum CampaignState : int;
}  // namespace dangol::campaign::v1

namespace dangol::cli {

// "RUNNING"; "-" where there is none, as in the audit of a channel.
std::string StateText(campaign::v1::CampaignState state);

// One line for `watch`.
std::string ProgressLine(const campaign::v1::Progress& progress);

// Total, waves, audiences and cells as a table, then the equations of the total with its numbers,
// each marked ok or BROKEN.
std::string WaterfallText(const campaign::v1::Progress& progress);

struct Equation {
  std::string text;  // "selected 10 = eligible 9 + excluded 1"
  bool holds = false;
};
std::vector<Equation> Equations(const campaign::v1::Waterfall& waterfall);

// The steps that a report shows, in order.
std::vector<std::pair<std::string, int64_t>> WaterfallSteps(
    const campaign::v1::Waterfall& waterfall);

}  // namespace dangol::cli
