#include "services/campaign/channels/profile_addresses.h"

#include <algorithm>

#include "dangol/campaign/v1/campaign.pb.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "libs/base/clock.h"
#include "libs/base/names.h"
#include "libs/base/status.h"

namespace dangol::campaign {
namespace {

constexpr Micros kTimeout = 4 * kMicrosPerSecond;  // within the dispatcher's start limit
constexpr size_t kBatch = 1'000;                   // what one request may ask for

profile::v1::ContactAddressKind KindOf(v1::AddressKind kind) {
  switch (kind) {
    case v1::ADDRESS_KIND_EMAIL:
      return profile::v1::CONTACT_ADDRESS_KIND_EMAIL;
    case v1::ADDRESS_KIND_PHONE:
      return profile::v1::CONTACT_ADDRESS_KIND_PHONE;
    case v1::ADDRESS_KIND_USER_ID:
      return profile::v1::CONTACT_ADDRESS_KIND_USER_ID;
    default:
      return profile::v1::CONTACT_ADDRESS_KIND_UNSPECIFIED;
  }
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ProfileAddresses::Resolve(
    v1::AddressKind kind, const std::vector<CustomerId>& customers) {
  const Micros deadline = SteadyMicros() + kTimeout;
  std::vector<std::string> addresses;
  // A wave's cycle may hold more contacts than one request may ask for.
  for (size_t first = 0; first < customers.size(); first += kBatch) {
    const size_t end = std::min(customers.size(), first + kBatch);
    profile::v1::BatchResolveAddressesRequest request;
    request.set_kind(KindOf(kind));
    for (size_t i = first; i < end; ++i) request.add_customers(CustomerName(customers[i]));
    profile::v1::BatchResolveAddressesResponse response;
    DANGOL_RETURN_IF_ERROR(ask_(request, deadline, &response));
    for (const auto& resolved : response.addresses()) addresses.push_back(resolved.address());
  }
  if (addresses.size() != customers.size()) {
    return absl::InternalError("profile answered another number of addresses");
  }
  return addresses;
}

}  // namespace dangol::campaign
