// Wires profile's RPCs: nothing else constructs what they use.
#pragma once

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "libs/base/types.h"
#include "libs/rpc/resolver.h"
#include "services/profile/processor.h"

namespace grpc {
class Service;
}
namespace dangol {
class Gateway;
namespace common::v1 {
class CustomerRef;
}
namespace profile::v1 {
class BatchResolveAddressesRequest;
class BatchResolveAddressesResponse;
}  // namespace profile::v1
namespace rpc {
class Guard;
}
}  // namespace dangol

namespace dangol::profile {

// Thread-safe.
class App {
 public:
  using Resolver = rpc::CustomerResolver;

  // Both must outlive the app; `options` are those of Spec.
  App(Gateway& gateway, const rpc::Guard& guard, Options options = {});
  ~App();

  grpc::Service* grpc_service() const;

  // What the other services resolve a CustomerRef with. Lives as long as the app; waits at most
  // 10 s, also for a caller without a deadline.
  Resolver resolver() const;

  // BatchResolveAddresses without a socket, for the dispatcher of the same process. `deadline` is a
  // SteadyMicros() instant.
  absl::Status ResolveAddresses(const v1::BatchResolveAddressesRequest& request, Micros deadline,
                                v1::BatchResolveAddressesResponse* response) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace dangol::profile
