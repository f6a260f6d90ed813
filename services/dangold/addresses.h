// Where campaign's dispatcher gets addresses from: profile, in the same process.
#pragma once

#include <string>
#include <vector>

#include "services/campaign/channels/performer.h"
#include "services/profile/app.h"

namespace dangol {

// Thread-safe once connected.
class ProfileAddresses final : public campaign::AddressResolver {
 public:
  // Before the runtime starts: the performer exists before profile's app does.
  void Connect(const profile::App* profile) { profile_ = profile; }

  absl::StatusOr<std::vector<std::string>> Resolve(
      campaign::v1::AddressKind kind, const std::vector<CustomerId>& customers) override;

 private:
  const profile::App* profile_ = nullptr;
};

}  // namespace dangol
