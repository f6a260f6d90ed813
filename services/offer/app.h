// Wires the offer service: nothing else constructs what it uses.
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

namespace dangol::offer {

class App {
 public:
  using Resolver = rpc::CustomerResolver;

  // All must outlive the app.
  App(Gateway& gateway, const rpc::Guard& guard, Resolver resolver);
  ~App();

  grpc::Service* grpc_service() const;

 private:
  std::unique_ptr<grpc::Service> service_;
};

}  // namespace dangol::offer
