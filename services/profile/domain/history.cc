#include "services/profile/domain/history.h"

#include <algorithm>
#include <utility>

#include "dangol/profile/v1/profile_service.pb.h"
#include "dangol/profile/v1/state.pb.h"

namespace dangol::profile {
namespace {

// Seconds are kept rounded up, so that an id is never forgotten before its 7 days are over.
int64_t CeilSeconds(Micros t) { return t / kMicrosPerSecond + (t % kMicrosPerSecond > 0 ? 1 : 0); }

bool InWindow(int64_t seconds, Micros now) {
  return seconds * kMicrosPerSecond >= now - kRecentWindow;
}

}  // namespace

bool SeenRecently(const v1::HistoryRecord& history, uint64_t hash, Micros now) {
  const int n = history.recent_hashes_size();
  for (int i = n - 1; i >= 0; --i) {
    if (i < n - kRecentMin && !InWindow(history.recent_seconds(i), now)) return false;
    if (history.recent_hashes(i) == hash) return true;
  }
  return false;
}

void NoteRecent(uint64_t hash, Micros now, v1::HistoryRecord* history) {
  history->add_recent_hashes(hash);
  history->add_recent_seconds(CeilSeconds(now));
  int drop = 0;
  while (history->recent_hashes_size() - drop > kRecentMin &&
         !InWindow(history->recent_seconds(drop), now)) {
    ++drop;
  }
  if (drop == 0) return;
  auto* hashes = history->mutable_recent_hashes();
  auto* seconds = history->mutable_recent_seconds();
  hashes->erase(hashes->begin(), hashes->begin() + drop);
  seconds->erase(seconds->begin(), seconds->begin() + drop);
}

bool HasOrder(const v1::HistoryRecord& history, uint64_t hash) {
  const auto& orders = history.orders();
  return std::find(orders.begin(), orders.end(), hash) != orders.end();
}

std::optional<FullOrders> NoteOrder(uint64_t hash, v1::HistoryRecord* history) {
  history->add_orders(hash);
  if (history->orders_size() < kOrdersPerList) return std::nullopt;
  v1::OrderList list;
  list.mutable_hashes()->Swap(history->mutable_orders());
  FullOrders full;
  full.number = history->full_order_lists();
  full.list = list.SerializeAsString();
  history->set_full_order_lists(full.number + 1);
  return full;
}

std::optional<Spill> AppendEntry(v1::TimelineEntry* entry, v1::HistoryRecord* history) {
  for (const v1::Lifecycle& lifecycle : history->lifecycles()) {
    if (lifecycle.business_unit() == entry->business_unit()) entry->set_stage(lifecycle.stage());
  }
  entry->SerializeToString(history->add_head());
  const int64_t chunk = history->entries() / kChunkEntries;
  history->set_entries(history->entries() + 1);
  if (history->head_size() < kChunkEntries) return std::nullopt;
  v1::TimelineChunk full;
  full.mutable_entries()->Swap(history->mutable_head());
  Spill spill;
  spill.full_number = chunk;
  spill.drop_number = chunk - kChunksKept;
  spill.full = full.SerializeAsString();
  return spill;
}

v1::TimelineEntry ParseEntry(const std::string& bytes) {
  v1::TimelineEntry entry;
  entry.ParseFromString(bytes);
  return entry;
}

bool SetStage(absl::string_view business_unit, absl::string_view stage, Micros since,
              v1::HistoryRecord* history) {
  for (v1::Lifecycle& known : *history->mutable_lifecycles()) {
    if (known.business_unit() != business_unit) continue;
    if (known.stage() == stage && known.since_time_us() == since) return false;
    known.set_stage(std::string(stage));
    known.set_since_time_us(since);
    return true;
  }
  v1::Lifecycle* added = history->add_lifecycles();
  added->set_business_unit(std::string(business_unit));
  added->set_stage(std::string(stage));
  added->set_since_time_us(since);
  return true;
}

}  // namespace dangol::profile
