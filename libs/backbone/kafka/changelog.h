// A scope's changelog partition, read back.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "libs/backbone/kafka/lease.h"
#include "libs/backbone/kafka/partition_reader.h"
#include "libs/backbone/log.h"

namespace dangol::kafka {

struct Replayed {
  Seal last;
  uint64_t fingerprint = 0;  // of the part that it ends
  uint64_t last_offset = 0;  // of its record
  uint64_t records = 0;      // that were read
  uint64_t unsealed = 0;     // changes after it
};

enum class Beyond { kRead, kLeave };
// Reads what is in `all`, and what is behind it by the time it has been read (kRead) or not, and
// calls `fn` for each sealed cycle after `after_cycle`. UNAVAILABLE: a transaction in it has not
// ended in time. DATA_LOSS: a record is no change and no seal.
absl::StatusOr<Replayed> ReadChangelog(PartitionReader* reader, const Range& all, Beyond beyond,
                                       uint64_t after_cycle, Micros patience,
                                       const Log::ReplayFn& fn);

// As Log::Replay. `all` is what of the partition is to be read, records of open transactions
// included: a predecessor's may still be open, and only when it has ended is it known what is
// committed. It may begin anywhere up to the seal of `after_cycle`. UNAVAILABLE: it has not ended
// in time. DATA_LOSS: the last seal is not the position's, or something was committed after it.
absl::StatusOr<Replayed> ReplayChangelog(PartitionReader* reader, const Range& all,
                                         const Position& position, uint64_t after_cycle,
                                         Micros patience, const Log::ReplayFn& fn);

// The id that the changelog begins with. FAILED_PRECONDITION: none. UNAVAILABLE: no answer.
absl::StatusOr<std::string> ReadChangelogId(rd_kafka_t* client, const std::string& topic,
                                            Partition partition, Micros patience);

}  // namespace dangol::kafka
