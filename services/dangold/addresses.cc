#include "services/dangold/addresses.h"

#include "dangol/campaign/v1/campaign.pb.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "libs/base/clock.h"
#include "libs/base/names.h"
#include "libs/base/status.h"

namespace dangol {
namespace {

constexpr Micros kTimeout = 4 * kMicrosPerSecond;  // within the dispatcher's start limit

profile::v1::ContactAddressKind KindOf(campaign::v1::AddressKind kind) {
  switch (kind) {
    case campaign::v1::ADDRESS_KIND_EMAIL:
      return profile::v1::CONTACT_ADDRESS_KIND_EMAIL;
    case campaign::v1::ADDRESS_KIND_PHONE:
      return profile::v1::CONTACT_ADDRESS_KIND_PHONE;
    case campaign::v1::ADDRESS_KIND_USER_ID:
      return profile::v1::CONTACT_ADDRESS_KIND_USER_ID;
    default:
      return profile::v1::CONTACT_ADDRESS_KIND_UNSPECIFIED;
  }
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ProfileAddresses::Resolve(
    campaign::v1::AddressKind kind, const std::vector<CustomerId>& customers) {
  profile::v1::BatchResolveAddressesRequest request;
  request.set_kind(KindOf(kind));
  for (CustomerId id : customers) request.add_customers(CustomerName(id));
  profile::v1::BatchResolveAddressesResponse response;
  DANGOL_RETURN_IF_ERROR(profile_->ResolveAddresses(request, SteadyMicros() + kTimeout, &response));
  std::vector<std::string> addresses;
  for (const auto& resolved : response.addresses()) addresses.push_back(resolved.address());
  if (addresses.size() != customers.size()) {
    return absl::InternalError("profile answered another number of addresses");
  }
  return addresses;
}

}  // namespace dangol
