// What a scope reads: its inputs, merged by (emit time, topic, offset).
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "libs/backbone/log.h"

namespace dangol {

// Not thread-safe. Reads only up to the ends of the last Snapshot; within them the merge is strict:
// the head of every input is known before the earliest is given out.
class Inputs {
 public:
  // A topic that `seal` does not name is read from its oldest kept record.
  Inputs(Log* log, const std::vector<TopicPartition>& from, const Seal& seal);

  // Takes what is there now as what there is to read. True if that is anything.
  bool Snapshot();
  bool AtEnd() const { return at_end_; }
  // Records in the last snapshot not yet read.
  uint64_t Lag() const;
  // Whether nothing is in the log beyond what was read.
  bool AtLogEnd() const;

  // The earliest record; nullptr at the end of the snapshot. Valid until Pop.
  struct Head {
    TopicPartition from;
    StoredRecord* stored = nullptr;
  };
  absl::Status Peek(Head* head);
  // Makes the next Peek give this topic's next record, whatever the order says.
  void Prefer(Topic topic);
  void Pop();

  void FillOffsets(Seal* seal) const;

 private:
  struct Input {
    TopicPartition from;
    uint64_t next = 0;  // offset of the head
    uint64_t end = 0;   // of the snapshot
    std::vector<StoredRecord> buffer;
    size_t head = 0;
  };
  absl::Status Fill(Input& input);

  Log* const log_;
  std::vector<Input> inputs_;
  size_t current_ = SIZE_MAX;  // of the last Peek
  size_t preferred_ = SIZE_MAX;
  bool at_end_ = true;
};

}  // namespace dangol
