// The business units that exist, as the data plane needs them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/base/mutex.h"
#include "libs/base/types.h"
#include "libs/stream/gateway.h"

namespace dangol::profile {

// Thread-safe. A name that is not known is looked up in partition 0, so that a unit just applied is
// found. A currency never changes; a region may, and an old one only costs a forwarded event.
class UnitCache {
 public:
  struct Unit {
    std::string currency;
    std::string phone_region;  // never empty
  };

  UnitCache(Gateway& gateway, std::string default_region)
      : gateway_(gateway), default_region_(std::move(default_region)) {}

  // All units there are, which later ones do not change. Reads partition 0 again unless every name
  // is known. Errors are those of AskRows.
  using Units = std::map<std::string, Unit>;
  absl::StatusOr<std::shared_ptr<const Units>> Know(const std::vector<std::string>& names,
                                                    Micros deadline);

  const std::string& default_region() const { return default_region_; }

 private:
  Gateway& gateway_;
  const std::string default_region_;
  Mutex mu_;
  std::shared_ptr<const Units> units_ = std::make_shared<Units>();  // guarded by mu_
};

}  // namespace dangol::profile
