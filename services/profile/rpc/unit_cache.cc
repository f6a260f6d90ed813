#include "services/profile/rpc/unit_cache.h"

#include <algorithm>
#include <utility>

#include "dangol/common/v1/business_unit.pb.h"
#include "libs/stream/tables.h"
#include "services/profile/tables.h"

namespace dangol::profile {

absl::Status UnitCache::Know(const std::vector<std::string>& names, Micros deadline) {
  {
    MutexLock lock(mu_);
    if (std::all_of(names.begin(), names.end(),
                    [this](const std::string& name) { return units_.count(name) > 0; })) {
      return absl::OkStatus();
    }
  }
  std::map<std::string, Unit> read;
  absl::Status status = gateway_.Read(
      {Service::kProfile, 0}, deadline, [&](Processor&, StateView& state) -> absl::Status {
        ForEachRecord<common::v1::BusinessUnit>(
            state, Table::kShared, kUnitDefPrefix, [&](auto, const common::v1::BusinessUnit& u) {
              read[u.name()] = {u.currency(),
                                u.phone_region().empty() ? default_region_ : u.phone_region()};
            });
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  MutexLock lock(mu_);
  units_ = std::move(read);
  return absl::OkStatus();
}

std::optional<UnitCache::Unit> UnitCache::Find(const std::string& name) const {
  MutexLock lock(mu_);
  const auto it = units_.find(name);
  if (it == units_.end()) return std::nullopt;
  return it->second;
}

std::vector<std::string> UnitCache::Names() const {
  MutexLock lock(mu_);
  std::vector<std::string> names;
  for (const auto& [name, unit] : units_) names.push_back(name);
  return names;
}

}  // namespace dangol::profile
