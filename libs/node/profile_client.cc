#include "libs/node/profile_client.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <utility>

#include "dangol/profile/v1/profile_service.grpc.pb.h"
#include "libs/base/clock.h"
#include "libs/base/names.h"
#include "libs/base/status.h"
#include "libs/rpc/call.h"
#include "libs/rpc/grpc_status.h"

namespace dangol::node {
namespace {

constexpr Micros kLongestWait = 10 * kMicrosPerSecond;

void Prepare(Micros deadline, grpc::ClientContext* context) {
  // Profile may be restarting: the question waits for it.
  context->set_wait_for_ready(true);
  rpc::SetTimeout(std::clamp<Micros>(deadline - SteadyMicros(), 0, kLongestWait), context);
}

}  // namespace

struct ProfileClient::Stub {
  std::unique_ptr<profile::v1::ProfileService::Stub> profile;

  absl::StatusOr<CustomerId> Find(const common::v1::CustomerRef& ref, Micros deadline) const {
    if (ref.has_customer()) return ParseCustomerName("customer", ref.customer());
    grpc::ClientContext context;
    Prepare(deadline, &context);
    profile::v1::ResolveCustomerRequest request;
    *request.mutable_customer() = ref;
    profile::v1::ResolveCustomerResponse response;
    DANGOL_RETURN_IF_ERROR(rpc::FromGrpc(profile->ResolveCustomer(&context, request, &response)));
    return ParseCustomerName("customer", response.customer());
  }
};

absl::StatusOr<std::unique_ptr<ProfileClient>> ProfileClient::Open(
    const rpc::ClientOptions& options) {
  DANGOL_ASSIGN_OR_RETURN(const auto channel, rpc::MakeChannel(options));
  auto stub = std::make_unique<Stub>();
  stub->profile = profile::v1::ProfileService::NewStub(channel);
  return std::unique_ptr<ProfileClient>(new ProfileClient(std::move(stub)));
}

ProfileClient::ProfileClient(std::unique_ptr<Stub> stub) : stub_(std::move(stub)) {}
ProfileClient::~ProfileClient() = default;

rpc::CustomerResolver ProfileClient::resolver() const {
  return [stub = stub_.get()](const common::v1::CustomerRef& ref, Micros deadline) {
    return stub->Find(ref, deadline);
  };
}

absl::Status ProfileClient::ResolveAddresses(
    const profile::v1::BatchResolveAddressesRequest& request, Micros deadline,
    profile::v1::BatchResolveAddressesResponse* response) const {
  grpc::ClientContext context;
  Prepare(deadline, &context);
  return rpc::FromGrpc(stub_->profile->BatchResolveAddresses(&context, request, response));
}

}  // namespace dangol::node
