#include "services/profile/tables.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/names.h"
#include "libs/base/status.h"
#include "libs/stream/emit.h"
#include "libs/stream/tables.h"

namespace dangol::profile {
std::optional<CustomerId> FindOwner(StateView& state, absl::string_view identifier_text) {
  const std::string* row = state.Get(Table::kIndex, identifier_text);
  if (row == nullptr) return std::nullopt;
  return DecodeKey(*row);
}

absl::StatusOr<v1::CustomerRecord> LoadCustomer(StateView& state, CustomerId id) {
  const std::string* bytes = state.Get(Table::kCustomer, EncodeKey(id));
  if (bytes == nullptr) return NotFound("customer", CustomerName(id));
  v1::CustomerRecord record;
  if (!record.ParseFromString(*bytes)) return absl::DataLossError("undecodable customer record");
  return record;
}

v1::HistoryRecord LoadHistory(StateView& state, CustomerId id) {
  v1::HistoryRecord record;
  LoadHistory(state, id, &record);
  return record;
}

void LoadHistory(StateView& state, CustomerId id, v1::HistoryRecord* record) {
  record->Clear();
  const std::string* bytes = state.Get(Table::kIndex, HistoryKey(id));
  if (bytes != nullptr) record->ParseFromString(*bytes);
}

v1::StatsRecord LoadStats(StateView& state) {
  return LoadRecord<v1::StatsRecord>(state, Table::kShared, kStatsKey);
}

void StoreCustomer(Context& ctx, CustomerId id, const v1::CustomerRecord& record) {
  ctx.Put(Table::kCustomer, EncodeKey(id), record.SerializeAsString());
}

void StoreHistory(Context& ctx, CustomerId id, const v1::HistoryRecord& record) {
  ctx.Put(Table::kIndex, HistoryKey(id), record.SerializeAsString());
}

void StoreStats(Context& ctx, const v1::StatsRecord& record) {
  ctx.Put(Table::kShared, kStatsKey, record.SerializeAsString());
}

std::string HistoryKey(CustomerId id) { return absl::StrCat(kTimelinePrefix, EncodeKey(id)); }

std::string ChunkKey(CustomerId id, int64_t chunk) {
  return absl::StrCat(kTimelinePrefix, EncodeKey(id),
                      EncodeKey(static_cast<uint64_t>(chunk)).substr(4));
}

std::string OrdersKey(CustomerId id, int64_t number) {
  return absl::StrCat(kOrdersPrefix, EncodeKey(id),
                      EncodeKey(static_cast<uint64_t>(number)).substr(4));
}

std::string ErasureKey(CustomerId id) { return absl::StrCat(kErasurePrefix, EncodeKey(id)); }

std::string PairKey(CustomerId from, CustomerId into) { return EncodeKey(from) + EncodeKey(into); }

std::optional<v1::MergeRecord> LoadMerge(StateView& state, absl::string_view pair_key) {
  const std::string* row = state.Get(Table::kIndex, absl::StrCat(kMergePrefix, pair_key));
  if (row == nullptr) return std::nullopt;
  v1::MergeRecord record;
  record.ParseFromString(*row);
  return record;
}

void StoreMerge(Context& ctx, absl::string_view pair_key, const v1::MergeRecord& record) {
  ctx.Put(Table::kIndex, absl::StrCat(kMergePrefix, pair_key), record.SerializeAsString());
}

void DeleteMerge(Context& ctx, absl::string_view pair_key) {
  ctx.Delete(Table::kIndex, absl::StrCat(kMergePrefix, pair_key));
}

CustomerId IssueId(Slot slot, Context& ctx) {
  const std::string key = absl::StrCat(kSlotPrefix, slot);
  const std::string* row = ctx.Get(Table::kShared, key);
  const CustomerId id = NextCustomerId(slot, ctx.now(), row == nullptr ? 0 : DecodeKey(*row));
  ctx.Put(Table::kShared, key, EncodeKey(id));
  return id;
}

void SendInternal(const v1::InternalMessage& message, Partition to, Context& ctx) {
  EmitInternal(ctx, to, message.SerializeAsString());
}

void ScanPrefix(StateView& state, Table table, absl::string_view prefix, absl::string_view from,
                const StateView::ScanFn& fn) {
  state.Scan(table, std::max(prefix, from), [&](absl::string_view key, absl::string_view value) {
    return absl::StartsWith(key, prefix) && fn(key, value);
  });
}

}  // namespace dangol::profile
