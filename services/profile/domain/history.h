// A customer's recent history: the window of message ids already seen, and the timeline's head.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "libs/base/types.h"

namespace dangol::profile::v1 {
class HistoryRecord;
class TimelineChunk;
class TimelineEntry;
}  // namespace dangol::profile::v1

namespace dangol::profile {

inline constexpr int kRecentMin = 64;
inline constexpr Micros kRecentWindow = 7 * kMicrosPerDay;
inline constexpr int kTimelineEntries = 200;
// Few, for each append writes the head again; not one, for each chunk is a row.
inline constexpr int kChunkEntries = 4;
// Full chunks kept beside the head, so that it and they hold at least kTimelineEntries.
inline constexpr int64_t kChunksKept = (kTimelineEntries + kChunkEntries - 1) / kChunkEntries;

// True when `hash` is among the last 64 accepted or those accepted in [now − 7 days, now].
bool SeenRecently(const v1::HistoryRecord& history, uint64_t hash, Micros now);
// Notes `hash` as accepted at `now` and forgets what is neither.
void NoteRecent(uint64_t hash, Micros now, v1::HistoryRecord* history);

// Purchases and returns, known for ever. Is it among those not yet in a full list?
bool HasOrder(const v1::HistoryRecord& history, uint64_t hash);
// Notes an order. A list that is full is moved out: the caller stores it under `number`.
inline constexpr int kOrdersPerList = 256;
struct FullOrders {
  int64_t number = 0;
  std::string list;  // a serialized OrderList
};
std::optional<FullOrders> NoteOrder(uint64_t hash, v1::HistoryRecord* history);

// Appends to the timeline, with the stage of its business unit. When the head is full it is moved
// out: the caller stores `full` as chunk `full_number` and drops chunk `drop_number` if ≥ 0.
struct Spill {
  int64_t full_number = 0;
  int64_t drop_number = -1;
  std::string full;  // a serialized TimelineChunk
};
std::optional<Spill> AppendEntry(v1::TimelineEntry* entry, v1::HistoryRecord* history);

// An entry of head or chunk.
v1::TimelineEntry ParseEntry(const std::string& bytes);

// Records that the stage changed. True if it did.
bool SetStage(absl::string_view business_unit, absl::string_view stage, Micros since,
              v1::HistoryRecord* history);

}  // namespace dangol::profile
