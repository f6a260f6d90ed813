// The event log: the one interface behind which embedded RocksDB, Kafka and the simulation stand.
//
// One rule carries everything: nothing leaves a scope before the commit that holds it is durable,
// and what has left is never recomputed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "libs/backbone/topics.h"
#include "libs/base/types.h"

namespace dangol {

// One event of a topic partition, as bytes.
struct Record {
  std::string key;
  std::string value;
  Micros emit_time = 0;  // the emitting scope's time; the wall's for records from outside
  uint32_t hops = 0;     // emits between this record and the external event that caused it
};

struct StoredRecord {
  uint64_t offset = 0;
  Record record;
};

struct Emit {
  TopicPartition to;
  Record record;
};

// A scope's tables of bytes.
enum class Table : uint8_t {
  kCustomer,  // one record per customer; may outgrow memory
  kIndex,     // look-ups such as identifier → customer; may outgrow memory
  kShared,    // definitions, sums, allotments, outcomes by request id
  kTimer,
  kEffect,  // the send ledger
  kMeta,    // the runtime's own
};
inline constexpr int kTables = 6;

// A whole value, or a tombstone (nullopt); never a delta.
struct Change {
  Table table;
  std::string key;
  std::optional<std::string> value;
};

// Ends a scope's part of a cycle: its number (1, 2, 3 … without gaps), the scope's time, and the
// offset from which each input is read next.
struct Seal {
  uint64_t cycle = 0;
  Micros now = 0;
  absl::btree_map<Topic, uint64_t> next_offsets;
  friend bool operator==(const Seal&, const Seal&) = default;
};

struct ScopeCycle {
  Scope scope;
  Seal seal;
  std::vector<Emit> emits;
  std::vector<Change> changes;
};

// What one worker commits at once: parts of different scopes, all or nothing.
using Cycle = std::vector<ScopeCycle>;

struct CommitResult {
  // Durable once Log::DurableTicket() has reached it.
  uint64_t ticket = 0;
  // Scopes that this process no longer owns: their parts were not written (the others' were), and
  // their memory must be dropped.
  std::vector<Scope> lost;
};

struct Ownership {
  std::vector<Scope> gained;
  std::vector<Scope> lost;
};

// Thread-safe. A scope's Commit, Read and Replay calls come from one worker at a time.
class Log {
 public:
  virtual ~Log() = default;

  // A power of two, fixed when the log was created.
  virtual uint32_t partitions() const = 0;

  // Appends from outside, in order, all or nothing; returns when durable, with the offset of the
  // last record. Not idempotent: a caller that retries relies on the consumer's dedup.
  // RESOURCE_EXHAUSTED: too far behind, retry later. UNAVAILABLE: the disk refuses writes.
  virtual absl::StatusOr<uint64_t> Append(TopicPartition to, std::vector<Record> records) = 0;

  // The same for records of several partitions, without the wait: they are readable when it
  // returns, and durable when AwaitDurable(ticket) is OK. A log that has no such write appends one
  // partition after the other, and waits.
  virtual absl::StatusOr<uint64_t> AppendAsync(std::vector<Emit> records);
  // UNAVAILABLE: the disk refuses, and nobody knows.
  virtual absl::Status AwaitDurable(uint64_t ticket);

  // Joins the owners of `service`'s partitions; later calls return what changed since. Before
  // the caller calls again it has finished or dropped a lost scope's cycle, and starts no effect of
  // it any more: only then another process gains the scope.
  virtual absl::StatusOr<Ownership> Own(Service service) = 0;

  // Replays a gained scope's sealed changelog, from the cycle after `after_cycle` (0: all that is
  // kept), in order, and returns the last seal (cycle 0: a new scope). DATA_LOSS: the changelog
  // ends before `after_cycle`, or begins after it: the log lost committed data; halt.
  using ReplayFn = std::function<void(const std::vector<Change>& changes, const Seal& seal)>;
  virtual absl::StatusOr<Seal> Replay(Scope scope, uint64_t after_cycle, const ReplayFn& fn) = 0;

  // Appends to `out` committed records from `from` on, in offset order, at most `max_records` or
  // about `max_bytes` (at least one, if any), and returns the offset to read on from. That is
  // behind the last of them and behind the gaps that follow: offsets of which the log knows that no
  // record has or will have them. `from` itself: nothing is there yet, which is not an error.
  // OUT_OF_RANGE: `from` was trimmed or a record is missing; never a skip.
  virtual absl::StatusOr<uint64_t> Read(TopicPartition from_partition, uint64_t from,
                                        size_t max_records, size_t max_bytes,
                                        std::vector<StoredRecord>* out) = 0;
  // What comes next gets this offset, or a greater one where there are gaps: whoever reads on from
  // here has read all that is committed. FirstOffset: of the oldest kept. Both may ask another
  // machine, and wait for it.
  virtual uint64_t EndOffset(TopicPartition tp) const = 0;
  virtual uint64_t FirstOffset(TopicPartition tp) const = 0;

  // For who reads on from `from`; never waits. A log that has to fetch begins to.
  struct Ahead {
    uint64_t here = 0;  // Read goes up to here at once
    uint64_t end = 0;   // EndOffset, as far as is known; at least `here`
  };
  virtual Ahead LookAhead(TopicPartition tp, uint64_t from);

  // Writes a cycle, all or nothing. When it returns OK, readers see its emits. UNAVAILABLE: nothing
  // was decided; offer the same bytes again until the answer is OK. A scope's part whose cycle
  // number is not the next one of that scope is a zombie's: it is answered as lost.
  // Idempotency: offering a cycle again that was written is answered OK, and written once.
  virtual absl::StatusOr<CommitResult> Commit(const Cycle& cycle) = 0;
  virtual uint64_t DurableTicket() const = 0;

  // `fn` is called, from any thread, when records became readable or a ticket durable. One at a
  // time; replaces the earlier. nullptr stops the calls, and returns after the last one.
  virtual void SetWakeup(std::function<void()> fn) = 0;

  // Drops records below `offset` (days topics) or the changelog at or below `cycle` (a checkpoint
  // covers it). Never past what a caller said it needs; frees disk in the background.
  virtual absl::Status TrimTopic(TopicPartition tp, uint64_t offset) = 0;
  virtual absl::Status TrimChangelog(Scope scope, uint64_t cycle) = 0;
};

}  // namespace dangol
