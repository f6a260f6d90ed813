#include "services/profile/tables.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/names.h"
#include "libs/base/status.h"
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
  return LoadRecord<v1::HistoryRecord>(state, Table::kIndex, HistoryKey(id));
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

void ScanPrefix(StateView& state, Table table, absl::string_view prefix, absl::string_view from,
                const StateView::ScanFn& fn) {
  state.Scan(table, std::max(prefix, from), [&](absl::string_view key, absl::string_view value) {
    return absl::StartsWith(key, prefix) && fn(key, value);
  });
}

}  // namespace dangol::profile
