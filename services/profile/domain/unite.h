// Two customers found to be one: what each was, united. The result depends neither on who is taken
// first nor, with several, on the order.
//
//   identifiers   all; whose they are wins over a refusal
//   facts         as facts.h says: the later observed wins; of the same instant a refusal does
//   do-not-serve  stays, whoever had it, and for the longer time
//   timeline      the newest of both
//   dedup         what either has seen
#pragma once

#include "services/profile/domain/facts.h"

namespace dangol::profile::v1 {
class CustomerState;
}

namespace dangol::profile {

// Adds what `from` was to `into`, merges apart. `published` receives what others must know of
// `into`: only what changed.
MergeResult Unite(const v1::CustomerState& from, v1::CustomerState* into,
                  event::v1::ProfileChanged* published);

}  // namespace dangol::profile
