// One process of a cluster: a service's scopes over Kafka, its RPCs, its metrics page.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "libs/online/view_builder.h"
#include "libs/rpc/resolver.h"
#include "libs/stream/processor.h"

namespace grpc {
class Service;
}
namespace dangol {
class EffectPerformer;
class Gateway;
namespace config::v1 {
class NodeConfig;
}
namespace rpc {
class Guard;
}
}  // namespace dangol

namespace dangol::node {

class ProfileClient;

// What a service's RPCs are made with. All outlive them.
struct Wiring {
  Gateway& gateway;
  const rpc::Guard& guard;
  rpc::CustomerResolver resolver;  // asks profile; empty in profile itself
};

// A service's RPCs, and what keeps them alive.
struct Endpoint {
  std::shared_ptr<void> app;
  grpc::Service* service = nullptr;
  std::string full_name;
};

struct Program {
  std::string service;  // "profile"
  std::function<ServiceSpec(const config::v1::NodeConfig&)> spec;
  std::function<Endpoint(const Wiring&)> serve;
  // Who performs the service's effects; empty: it has none. `profile` outlives what is returned.
  std::function<std::unique_ptr<EffectPerformer>(const config::v1::NodeConfig&,
                                                 const ProfileClient& profile)>
      performer;
  // What it shows in the online store; empty: nothing.
  online::ViewBuilder views;
};

// The whole of main: reads the configuration, serves until SIGTERM or SIGINT, returns the exit code
// (2: wrong usage, 1: it could not start or stop well; both said on stderr).
int Main(const Program& program, int argc, char** argv);

}  // namespace dangol::node
