#include "services/profile/app.h"

#include <algorithm>
#include <utility>

#include "libs/base/clock.h"
#include "services/profile/rpc/profile_rpc.h"

namespace dangol::profile {
namespace {

constexpr Micros kResolveTimeout = 10 * kMicrosPerSecond;

}  // namespace

struct App::Parts {
  Parts(Gateway& gateway, const rpc::Guard& guard, Options options)
      : units(gateway, std::move(options.phone_region)),
        tracker(gateway, units),
        reader(gateway, units),
        rpc(gateway, guard, tracker, reader) {}

  UnitCache units;
  Tracker tracker;
  Reader reader;
  ProfileRpc rpc;
};

App::App(Gateway& gateway, const rpc::Guard& guard, Options options)
    : parts_(std::make_unique<Parts>(gateway, guard, std::move(options))) {}

App::~App() = default;

grpc::Service* App::grpc_service() const { return &parts_->rpc; }

App::Resolver App::resolver() const {
  return [reader = &parts_->reader](const common::v1::CustomerRef& ref, Micros deadline) {
    return reader->Resolve(ref, "", std::min(deadline, SteadyMicros() + kResolveTimeout));
  };
}

absl::Status App::ResolveAddresses(const v1::BatchResolveAddressesRequest& request, Micros deadline,
                                   v1::BatchResolveAddressesResponse* response) const {
  return parts_->reader.Addresses(request, deadline, response);
}

}  // namespace dangol::profile
