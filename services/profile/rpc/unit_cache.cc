#include "services/profile/rpc/unit_cache.h"

#include <algorithm>
#include <utility>

#include "dangol/common/v1/business_unit.pb.h"
#include "libs/stream/tables.h"
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
  auto read = std::make_shared<Units>();
  absl::Status status = gateway_.Read(
      {Service::kProfile, 0}, deadline, [&](Processor&, StateView& state) -> absl::Status {
        ForEachRecord<common::v1::BusinessUnit>(
            state, Table::kShared, kUnitDefPrefix, [&](auto, const common::v1::BusinessUnit& u) {
              (*read)[u.name()] = {u.currency(),
                                   u.phone_region().empty() ? default_region_ : u.phone_region()};
            });
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  MutexLock lock(mu_);
  units_ = read;
  return units_;
}

}  // namespace dangol::profile
