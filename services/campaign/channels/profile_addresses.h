// Where campaign's dispatcher gets addresses from: profile, in the same process or in another.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "services/campaign/channels/performer.h"

namespace dangol::profile::v1 {
class BatchResolveAddressesRequest;
class BatchResolveAddressesResponse;
}  // namespace dangol::profile::v1

namespace dangol::campaign {

// Thread-safe if `ask` is.
class ProfileAddresses final : public AddressResolver {
 public:
  // ProfileService.BatchResolveAddresses; the deadline is a SteadyMicros() instant.
  using AskFn = std::function<absl::Status(const profile::v1::BatchResolveAddressesRequest&, Micros,
                                           profile::v1::BatchResolveAddressesResponse*)>;
  explicit ProfileAddresses(AskFn ask) : ask_(std::move(ask)) {}

  absl::StatusOr<std::vector<std::string>> Resolve(
      v1::AddressKind kind, const std::vector<CustomerId>& customers) override;

 private:
  const AskFn ask_;
};

}  // namespace dangol::campaign
