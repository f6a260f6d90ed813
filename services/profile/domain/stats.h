// Exact sums of what one scope accepted, and their combination.
#pragma once

#include "absl/numeric/int128.h"

namespace dangol::event::v1 {
class Activity;
}
namespace dangol::profile::v1 {
class Stats;
class StatsRecord;
class WideSum;
}  // namespace dangol::profile::v1

namespace dangol::profile {

absl::int128 Value(const v1::WideSum& sum);
void Add(absl::int128 amount, v1::WideSum* sum);

// An accepted activity, completed.
void CountActivity(const event::v1::Activity& activity, v1::StatsRecord* stats);

// Adds `from` into `into`.
void Combine(const v1::StatsRecord& from, v1::StatsRecord* into);

void FillStats(const v1::StatsRecord& record, v1::Stats* stats);

}  // namespace dangol::profile
