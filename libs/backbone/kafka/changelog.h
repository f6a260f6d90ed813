// A scope's changelog partition, read back.
#pragma once

#include "absl/status/statusor.h"
#include "libs/backbone/kafka/lease.h"
#include "libs/backbone/kafka/partition_reader.h"
#include "libs/backbone/log.h"

namespace dangol::kafka {

// As Log::Replay. `all` is what the partition holds, records of open transactions included: a
// predecessor's may still be open, and only when it has ended is it known what is committed.
// UNAVAILABLE: it has not ended in time. DATA_LOSS: the last seal is not the position's, or
// something was committed after it.
absl::StatusOr<Seal> ReplayChangelog(PartitionReader* reader, const Range& all,
                                     const Position& position, uint64_t after_cycle,
                                     Micros patience, const Log::ReplayFn& fn);

}  // namespace dangol::kafka
