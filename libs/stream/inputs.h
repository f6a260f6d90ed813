// What a scope reads: its inputs, merged by (emit time, topic, offset).
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "libs/backbone/log.h"

namespace dangol {

// Not thread-safe. Reads only up to the ends of the last Snapshot; within them the merge is strict:
// the head of every input is known before the earliest is given out. Offsets may have gaps where
// the log says so; a missing record is its error.
class Inputs {
 public:
  // A topic that `seal` does not name is read from its oldest kept record.
  Inputs(Log* log, const std::vector<TopicPartition>& from, const Seal& seal);

  // Takes what is there now as what there is to read. True if that is anything, were it only gaps.
  bool Snapshot();
  bool AtEnd() const { return at_end_; }
  // Offsets not yet read, as of the last Snapshot or LookAhead: what had not come near yet counts,
  // too.
  uint64_t Lag() const;
  void LookAhead();
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
  // Whether an input is beyond what `seal` says.
  bool Beyond(const Seal& seal) const;

 private:
  struct Input {
    TopicPartition from;
    uint64_t next = 0;     // offset of the head; without one, where Read goes on
    uint64_t end = 0;      // of the snapshot
    uint64_t far_end = 0;  // of the log, as far as it is known
    std::vector<StoredRecord> buffer;
    size_t head = 0;
    uint64_t read_on = 0;  // behind the buffer
    bool empty() const { return head == buffer.size(); }
  };
  Log::Ahead Look(Input& input);
  absl::Status Fill(Input& input);
  static void FindHead(Input& input);

  Log* const log_;
  std::vector<Input> inputs_;
  size_t current_ = SIZE_MAX;  // of the last Peek
  size_t preferred_ = SIZE_MAX;
  bool at_end_ = true;
};

}  // namespace dangol
