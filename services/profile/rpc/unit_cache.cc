#include "services/profile/rpc/unit_cache.h"

#include <algorithm>
#include <utility>

#include "dangol/common/v1/business_unit.pb.h"
#include "libs/base/status.h"
#include "libs/stream/rows.h"
#include "services/profile/tables.h"

namespace dangol::profile {

absl::StatusOr<std::shared_ptr<const UnitCache::Units>> UnitCache::Know(
    const std::vector<std::string>& names, Micros deadline) {
  {
    MutexLock lock(mu_);
    if (std::all_of(names.begin(), names.end(),
                    [this](const std::string& name) { return units_->count(name) > 0; })) {
      return units_;
    }
  }
  DANGOL_ASSIGN_OR_RETURN(const Rows rows, AskRows(gateway_, {Service::kProfile, 0},
                                                   {Table::kShared, kUnitDefPrefix}, deadline));
  auto read = std::make_shared<Units>();
  for (const Row& row : rows.rows) {
    common::v1::BusinessUnit unit;
    if (!unit.ParseFromString(row.value)) return absl::DataLossError("undecodable business unit");
    (*read)[unit.name()] = {unit.currency(),
                            unit.phone_region().empty() ? default_region_ : unit.phone_region()};
  }
  MutexLock lock(mu_);
  units_ = read;
  return units_;
}

}  // namespace dangol::profile
