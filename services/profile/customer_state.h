// All rows of one customer in its scope, taken up and laid down as a whole: for merges, their
// undoing and erasures.
#pragma once

#include "dangol/profile/v1/state.pb.h"
#include "libs/base/types.h"
#include "libs/stream/context.h"

namespace dangol::profile {

// The customer without its merges. `record` is its record, already loaded.
v1::CustomerState LoadState(StateView& state, CustomerId id, const v1::CustomerRecord& record);

// Every row of the customer but its MergeRecords. NOT for a customer without a record.
void RemoveState(Context& ctx, CustomerId id);

// The rows of a customer who has none. Of the timeline the last kTimelineEntries are kept.
void StoreState(Context& ctx, CustomerId id, const v1::CustomerState& state);

// The last kTimelineEntries at most, oldest first.
std::vector<std::string> LoadTimeline(StateView& state, CustomerId id,
                                      const v1::HistoryRecord& history);

}  // namespace dangol::profile
