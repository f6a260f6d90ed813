// Where profile's records stand in a scope's tables.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dangol/profile/v1/command.pb.h"
#include "dangol/profile/v1/state.pb.h"
#include "libs/base/types.h"
#include "libs/stream/context.h"

namespace dangol::profile {

// Table index: identifier text → customer id; "orders/" + id + 4 bytes → OrderList; "timeline/" +
// id → HistoryRecord, + 4 bytes → TimelineChunk; "merge/" + from + into → MergeRecord; "erasure/" +
// id → Erasure. No identifier text contains '/' before its ':'.
inline constexpr char kOrdersPrefix[] = "orders/";
inline constexpr char kErasurePrefix[] = "erasure/";
inline constexpr char kTimelinePrefix[] = "timeline/";
inline constexpr char kMergePrefix[] = "merge/";
// Table shared.
inline constexpr char kStatsKey[] = "stats";
inline constexpr char kSlotPrefix[] = "slot/";  // + slot → last customer id
inline constexpr char kUnitPrefix[] = "unit/";  // + name → BusinessUnit, as published
inline constexpr char kUnitDefPrefix[] = "def/business_unit/";  // partition 0: the resource
inline constexpr char kWavesPrefix[] = "waves/";                // + campaign → WaveMarks

// nullopt: nobody owns the identifier.
std::optional<CustomerId> FindOwner(StateView& state, absl::string_view identifier_text);

// NOT_FOUND naming the customer.
absl::StatusOr<v1::CustomerRecord> LoadCustomer(StateView& state, CustomerId id);
// Empty where there is none yet.
v1::HistoryRecord LoadHistory(StateView& state, CustomerId id);
void LoadHistory(StateView& state, CustomerId id, v1::HistoryRecord* record);
v1::StatsRecord LoadStats(StateView& state);

void StoreCustomer(Context& ctx, CustomerId id, const v1::CustomerRecord& record);
void StoreHistory(Context& ctx, CustomerId id, const v1::HistoryRecord& record);
void StoreStats(Context& ctx, const v1::StatsRecord& record);

std::string HistoryKey(CustomerId id);
std::string ChunkKey(CustomerId id, int64_t chunk);
std::string OrdersKey(CustomerId id, int64_t number);
std::string ErasureKey(CustomerId id);

// The pair as it stands in CustomerRecord.merge_keys.
std::string PairKey(CustomerId from, CustomerId into);
inline CustomerId FromOf(absl::string_view pair_key) { return DecodeKey(pair_key); }
inline CustomerId IntoOf(absl::string_view pair_key) { return DecodeKey(pair_key.substr(8)); }
// nullopt: it does not stand in this scope.
std::optional<v1::MergeRecord> LoadMerge(StateView& state, absl::string_view pair_key);
void StoreMerge(Context& ctx, absl::string_view pair_key, const v1::MergeRecord& record);
void DeleteMerge(Context& ctx, absl::string_view pair_key);

// The next id of a slot of this partition.
CustomerId IssueId(Slot slot, Context& ctx);
// To another scope of profile (or this one).
void SendInternal(const v1::InternalMessage& message, Partition to, Context& ctx);

// Rows whose key begins with `prefix`, from `from` on (at least the prefix), until `fn` returns
// false.
void ScanPrefix(StateView& state, Table table, absl::string_view prefix, absl::string_view from,
                const StateView::ScanFn& fn);

}  // namespace dangol::profile
