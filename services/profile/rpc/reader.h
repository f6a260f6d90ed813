// The questions profile answers, from the scopes' state.
#pragma once

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "libs/stream/gateway.h"
#include "services/profile/rpc/unit_cache.h"

namespace dangol::profile {

inline constexpr int kAddressesMax = 1000;

// Thread-safe. Every answer waits until what it saw is durable. Errors besides those named in
// profile_service.proto are those of Ask (libs/stream/ask.h).
class Reader {
 public:
  // Both must outlive the reader.
  Reader(Gateway& gateway, UnitCache& units) : gateway_(gateway), units_(units) {}

  // A name is not looked up: the customer need not exist, and may have been merged into another
  // (see AskCustomer). An identifier is, with the region of `business_unit` (empty: the
  // default) for national phone numbers.
  absl::StatusOr<CustomerId> Resolve(const common::v1::CustomerRef& ref,
                                     const std::string& business_unit, Micros deadline);

  absl::Status Get(const common::v1::CustomerRef& ref, Micros deadline, v1::Customer* out);
  // As Resolve, and the customer exists: the one it is now.
  absl::Status ResolveExisting(const v1::ResolveCustomerRequest& request, Micros deadline,
                               v1::ResolveCustomerResponse* out);
  // The customer that `id` is now; NOT_FOUND: nobody.
  absl::StatusOr<CustomerId> FindExisting(CustomerId id, Micros deadline);
  absl::Status List(const v1::ListCustomersRequest& request, Micros deadline,
                    v1::ListCustomersResponse* out);
  absl::Status Addresses(const v1::BatchResolveAddressesRequest& request, Micros deadline,
                         v1::BatchResolveAddressesResponse* out);
  absl::Status Timeline(const v1::ListTimelineRequest& request, Micros deadline,
                        v1::ListTimelineResponse* out);
  absl::Status Stats(Micros deadline, v1::Stats* out);
  absl::Status Unit(const std::string& name, Micros deadline, common::v1::BusinessUnit* out);
  absl::Status Units(const v1::ListBusinessUnitsRequest& request, Micros deadline,
                     v1::ListBusinessUnitsResponse* out);

 private:
  // A customer, and the position of its answer.
  using Asked = std::pair<CustomerId, int>;
  // Returns those who were merged into another, as that one.
  absl::StatusOr<std::vector<Asked>> FillAddresses(const std::vector<Asked>& asked,
                                                   common::v1::IdentifierType type, Micros deadline,
                                                   v1::BatchResolveAddressesResponse* out);

  Scope ScopeOf(CustomerId id) const {
    return {Service::kProfile, PartitionOfCustomer(id, gateway_.partitions())};
  }

  Gateway& gateway_;
  UnitCache& units_;
};

}  // namespace dangol::profile
