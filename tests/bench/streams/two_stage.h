// The work of work.h as two services of the runtime: customer → segment → contact.
#pragma once

#include <atomic>
#include <vector>

#include "libs/stream/processor.h"

namespace dangol::bench::streams {

// Events handled and emitted, by all scopes.
struct Counts {
  std::atomic<int64_t> activities{0}, changes_out{0}, changes_in{0}, contacts{0};
};

// `counts` outlives what they make.
std::vector<ServiceSpec> TwoStages(Counts* counts);

}  // namespace dangol::bench::streams
