// A merge undone: a new customer, and its history told again.
#pragma once

#include "absl/status/status.h"
#include "dangol/profile/v1/state.pb.h"
#include "libs/stream/context.h"

namespace dangol::profile {

// `record` is a MERGED pair that stands with `root`, or its holder, in this scope. What `from` was
// becomes a new customer of this partition; `record` says which, and keeps nothing of it. See
// UndoMerge for what is restored and what is not.
absl::Status UndoMerge(CustomerId root, v1::MergeRecord* record, Context& ctx);

}  // namespace dangol::profile
