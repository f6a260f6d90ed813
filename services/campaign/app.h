// Wires the campaign service's RPCs: nothing else constructs what they use.
#pragma once

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "libs/base/types.h"
#include "libs/rpc/resolver.h"

namespace grpc {
class Service;
}
namespace dangol {
class Gateway;
namespace common::v1 {
class CustomerRef;
}
namespace rpc {
class Guard;
}
}  // namespace dangol

namespace dangol::campaign {

// Thread-safe. What the runtime needs besides: Spec() of processor.h, and a CampaignPerformer
// (channels/performer.h) as the service's EffectPerformer.
class App {
 public:
  // Thread-safe; NOT_FOUND: nobody owns the identifier. Called from several threads at once when a
  // list is uploaded.
  using Resolver = rpc::CustomerResolver;

  // All must outlive the app.
  App(Gateway& gateway, const rpc::Guard& guard, Resolver resolver);
  ~App();

  grpc::Service* grpc_service() const;

 private:
  std::unique_ptr<grpc::Service> service_;
};

}  // namespace dangol::campaign
