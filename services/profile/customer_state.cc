#include "services/profile/customer_state.h"

#include <algorithm>
#include <utility>

#include "libs/stream/tables.h"
#include "services/profile/domain/history.h"
#include "services/profile/tables.h"

namespace dangol::profile {
namespace {

int64_t FirstChunk(const v1::HistoryRecord& history) {
  return std::max<int64_t>(0, history.entries() / kChunkEntries - kChunksKept);
}

void LayOutTimeline(Context& ctx, CustomerId id, const v1::CustomerState& state,
                    v1::HistoryRecord* history) {
  v1::TimelineChunk chunk;
  const int drop = std::max(0, state.timeline_size() - kTimelineEntries);
  for (int i = drop; i < state.timeline_size(); ++i) {
    chunk.add_entries(state.timeline(i));
    history->set_entries(history->entries() + 1);
    if (chunk.entries_size() < kChunkEntries) continue;
    StoreRecord(ctx, Table::kIndex, ChunkKey(id, history->entries() / kChunkEntries - 1), chunk);
    chunk.clear_entries();
  }
  history->mutable_head()->Swap(chunk.mutable_entries());
}

}  // namespace

std::vector<std::string> LoadTimeline(StateView& state, CustomerId id,
                                      const v1::HistoryRecord& history) {
  std::vector<std::string> entries;
  const int64_t head_chunk = history.entries() / kChunkEntries;
  for (int64_t c = FirstChunk(history); c < head_chunk; ++c) {
    auto chunk = LoadRecord<v1::TimelineChunk>(state, Table::kIndex, ChunkKey(id, c));
    for (std::string& entry : *chunk.mutable_entries()) entries.push_back(std::move(entry));
  }
  entries.insert(entries.end(), history.head().begin(), history.head().end());
  if (entries.size() > kTimelineEntries) {
    entries.erase(entries.begin(), entries.end() - kTimelineEntries);
  }
  return entries;
}

v1::CustomerState LoadState(StateView& state, CustomerId id, const v1::CustomerRecord& record) {
  v1::CustomerState all;
  *all.mutable_record() = record;
  v1::HistoryRecord history = LoadHistory(state, id);
  for (std::string& entry : LoadTimeline(state, id, history)) all.add_timeline(std::move(entry));
  for (int64_t n = 0; n < history.full_order_lists(); ++n) {
    const auto list = LoadRecord<v1::OrderList>(state, Table::kIndex, OrdersKey(id, n));
    all.mutable_orders()->MergeFrom(list.hashes());
  }
  all.mutable_orders()->MergeFrom(history.orders());
  history.clear_head();
  history.clear_entries();
  history.clear_orders();
  history.clear_full_order_lists();
  *all.mutable_history() = std::move(history);
  return all;
}

void RemoveState(Context& ctx, CustomerId id) {
  const v1::HistoryRecord history = LoadHistory(ctx, id);
  for (int64_t c = FirstChunk(history); c < history.entries() / kChunkEntries; ++c) {
    ctx.Delete(Table::kIndex, ChunkKey(id, c));
  }
  for (int64_t n = 0; n < history.full_order_lists(); ++n) {
    ctx.Delete(Table::kIndex, OrdersKey(id, n));
  }
  ctx.Delete(Table::kIndex, HistoryKey(id));
  ctx.Delete(Table::kCustomer, EncodeKey(id));
}

void StoreState(Context& ctx, CustomerId id, const v1::CustomerState& state) {
  v1::HistoryRecord history = state.history();
  LayOutTimeline(ctx, id, state, &history);
  for (uint64_t hash : state.orders()) {
    if (auto full = NoteOrder(hash, &history)) {
      ctx.Put(Table::kIndex, OrdersKey(id, full->number), std::move(full->list));
    }
  }
  StoreHistory(ctx, id, history);
  StoreCustomer(ctx, id, state.record());
}

}  // namespace dangol::profile
