// Copies a log as it stands into a new one.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/backbone/checkpoint.h"
#include "libs/backbone/log.h"

namespace dangol {

// A log that is empty. One thread.
class CopyTarget {
 public:
  virtual ~CopyTarget() = default;
  // The next records of the topic partition; the first gets offset 0, and none is left out.
  virtual absl::Status Append(TopicPartition to, std::vector<Record> records) = 0;
  // A scope's tables, whole, and the seal they end with, in the target's offsets. Once for each
  // scope, after all records of its partition.
  virtual absl::Status Put(Checkpoint::Part part) = 0;
};

struct CopyCounts {
  uint64_t scopes = 0;
  uint64_t values = 0;
  uint64_t records = 0;
};

// Copies every scope's state, the topics that are kept for ever, the dead letters, and of the other
// topics what some scope has yet to read. `from` stands at one moment: what a scope has committed
// is in its topics, and nothing else. Offsets start anew, seals are rewritten accordingly, and
// their cycle is one more than it was: what state remembers of a crash in a cycle is not of this
// one. Holds the scopes of one partition in memory at a time.
absl::StatusOr<CopyCounts> CopyLog(Log& from, CheckpointStore& checkpoints, CopyTarget* to);

}  // namespace dangol
