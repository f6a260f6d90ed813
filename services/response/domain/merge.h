// Exposures of a person who had several customer ids. Pure.
//
// One person is one unit of a wave, and of a campaign either treated or held out. Where several ids
// were exposed, the exposure of the smallest id stands (a customer's own before any that was merged
// into it) and the others are doubles: followed, for what became of the contact, but in no measure.
// A double that lies in another cell contaminates the result of the one that stands. Different
// waves of one kind stand side by side, as one customer's do; so does each occasion of a trigger.
#pragma once

#include <vector>

#include "dangol/response/v1/state.pb.h"

namespace dangol::response {

struct Double {
  bool merged = false;
  bool contaminated = false;
};

// One for each exposure. A function of the set of exposures alone, so that the order in which
// customers are merged does not matter.
std::vector<Double> FindDoubles(const v1::CustomerRecord& record);

// What the customer leaves to the one that it is now; `from` becomes the owner of its own
// exposures.
v1::HandOver HandOverOf(uint64_t from, const v1::CustomerRecord& record,
                        const v1::CustomerResponses& responses);

// In order of time, the newest `limit`.
void UniteRecent(const v1::HandOver& state, int limit, v1::CustomerRecord* into);
void UniteResponses(const v1::HandOver& state, int limit, v1::CustomerResponses* into);

}  // namespace dangol::response
