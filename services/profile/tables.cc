#include "services/profile/tables.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "libs/base/status.h"

namespace dangol::profile {
namespace {

constexpr char kCustomersPrefix[] = "customers/";

template <typename Record>
Record Load(StateView& state, Table table, absl::string_view key) {
  Record record;
  if (const std::string* bytes = state.Get(table, key)) record.ParseFromString(*bytes);
  return record;
}

}  // namespace

std::optional<CustomerId> FindOwner(StateView& state, absl::string_view identifier_text) {
  const std::string* row = state.Get(Table::kIndex, identifier_text);
  if (row == nullptr) return std::nullopt;
  return DecodeKey(*row);
}

absl::StatusOr<v1::CustomerRecord> LoadCustomer(StateView& state, CustomerId id) {
  const std::string* bytes = state.Get(Table::kCustomer, EncodeKey(id));
  if (bytes == nullptr) return NotFound("customer", NameOf(id));
  v1::CustomerRecord record;
  if (!record.ParseFromString(*bytes)) return absl::DataLossError("undecodable customer record");
  return record;
}

v1::HistoryRecord LoadHistory(StateView& state, CustomerId id) {
  return Load<v1::HistoryRecord>(state, Table::kIndex, HistoryKey(id));
}

v1::StatsRecord LoadStats(StateView& state) {
  return Load<v1::StatsRecord>(state, Table::kShared, kStatsKey);
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

std::string NameOf(CustomerId id) { return absl::StrFormat("%s%016x", kCustomersPrefix, id); }

absl::StatusOr<CustomerId> ParseCustomerName(absl::string_view field, absl::string_view name) {
  absl::string_view hex = name;
  uint64_t id = 0;
  if (!absl::ConsumePrefix(&hex, kCustomersPrefix) || hex.size() != 16 ||
      !absl::SimpleHexAtoi(hex, &id) || id == 0) {
    return BadField(field, name, "is no customer", "use customers/<16 hexadecimal digits>");
  }
  return id;
}

void ScanPrefix(StateView& state, Table table, absl::string_view prefix, absl::string_view from,
                const StateView::ScanFn& fn) {
  state.Scan(table, std::max(prefix, from), [&](absl::string_view key, absl::string_view value) {
    return absl::StartsWith(key, prefix) && fn(key, value);
  });
}

}  // namespace dangol::profile
