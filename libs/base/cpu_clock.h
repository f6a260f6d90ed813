// What work costs, for metrics and benchmarks. No decision may depend on it.
#pragma once

#include <cstdint>

namespace dangol {

// Processor time of the calling thread so far.
int64_t ThreadCpuNanos();

}  // namespace dangol
