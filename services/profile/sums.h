// The scope's sums, which every activity changes: parsed once instead of each time.
#pragma once

#include <string>

#include "dangol/profile/v1/state.pb.h"
#include "libs/stream/context.h"
#include "services/profile/tables.h"

namespace dangol::profile {

// A processor's own. Remembers what it wrote last, and parses the row where that is something else:
// after another's change, or because the event that wrote it was undone.
class Sums {
 public:
  // `change(StatsRecord*)` changes the row.
  template <typename Fn>
  void Change(Context& ctx, const Fn& change) {
    const std::string* row = ctx.Get(Table::kShared, kStatsKey);
    if (row == nullptr) {
      record_.Clear();
    } else if (bytes_ != *row) {
      record_.ParseFromString(*row);
    }
    change(&record_);
    record_.SerializeToString(&bytes_);
    ctx.Put(Table::kShared, kStatsKey, bytes_);
  }

 private:
  v1::StatsRecord record_;
  std::string bytes_;  // of record_
};

}  // namespace dangol::profile
