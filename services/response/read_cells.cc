#include "services/response/read_cells.h"

#include "dangol/response/v1/state.pb.h"
#include "libs/stream/tables.h"
#include "services/response/customer.h"
#include "services/response/domain/cell_sums.h"

namespace dangol::response {

absl::Status CollectCells(StateView& state, const std::string& campaign, Cells* cells) {
  absl::Status status;
  ForEachRecord<v1::CellSums>(
      state, Table::kShared, SumsPrefix(campaign), [&](absl::string_view, const auto& part) {
        v1::CellSums& cell = (*cells)[{part.wave(), part.audience(), part.cell()}];
        if (status.ok()) status = MergeCell(part, &cell);
      });
  return status;
}

}  // namespace dangol::response
