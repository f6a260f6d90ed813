// One cell's exact sums and counts, as they change and as they are put together from partitions.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/stats/moments.h"

namespace dangol::response::v1 {
class CellSums;
class Exposure;
}  // namespace dangol::response::v1

namespace dangol::response {

struct MatchResult;

// Every change here is undone bit for bit by its opposite and commutes with the others; so a cell
// rebuilt from the log equals the live one.

// The exposure as it stands enters the cell (sign +1), or leaves it (−1): customers, values, offer,
// cost, direct and late responses, open window. Its contact status is Move's.
void CountExposure(const v1::Exposure& exposure, int sign, v1::CellSums* cell);

// The exposure, counted as above, becomes a double of another one (+1), or is none any more (−1):
// it leaves everything but its cost, which was spent.
void CountMerged(const v1::Exposure& exposure, int sign, v1::CellSums* cell);

// An activity changed an exposure of the cell. Call it with the exposure after the change.
void CountMatch(const v1::Exposure& exposure, const MatchResult& result, v1::CellSums* cell);

// The contact moves between status counts; the exposure carries its bucket and reason. UNSPECIFIED
// and HELD_OUT are in none.
void MoveBucket(int from_bucket, absl::string_view from_reason, int to_bucket,
                absl::string_view to_reason, v1::CellSums* cell);

// The sums of a metric; empty ones where the cell has none. DATA_LOSS: damaged bytes.
absl::StatusOr<stats::Sums> SumsOf(const v1::CellSums& cell, absl::string_view metric);

// Adds another partition's (or wave's) part. DATA_LOSS: damaged bytes; `into` is then unspecified.
absl::Status MergeCell(const v1::CellSums& from, v1::CellSums* into);

}  // namespace dangol::response
