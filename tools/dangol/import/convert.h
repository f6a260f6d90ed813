// A row as events of topic ingest, by a mapping.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "dangol/config/v1/import.pb.h"
#include "dangol/event/v1/ingest.pb.h"
#include "tools/dangol/import/mapping.h"
#include "tools/dangol/import/origin.h"

namespace dangol::import {

// Why a row, or a record of it, was not imported.
struct Reject {
  int64_t row = 0;  // as the mapping numbers rows
  std::string column;
  std::string value;
  std::string reason;
};

// Immutable; pure: the same row gives the same events, ids included.
class Converter {
 public:
  // `mapping` is checked already. INVALID_ARGUMENT: a column that the file lacks.
  static absl::StatusOr<Converter> Make(config::v1::ImportMapping mapping, Columns columns,
                                        std::string file_id);

  // Appends what the `index`-th row (from 0, header not counted) becomes, or nothing and says why.
  // `origins`, if given, is made as long as `events`.
  std::optional<Reject> Convert(const Row& row, int64_t index,
                                std::vector<event::v1::IngestEvent>* events,
                                std::vector<Origin>* origins = nullptr) const;
  int64_t RowNumber(int64_t index) const;

 private:
  Converter() = default;
  friend class RowConversion;

  config::v1::ImportMapping mapping_;
  Columns columns_;
  std::string file_id_;
  absl::TimeZone zone_;
};

}  // namespace dangol::import
