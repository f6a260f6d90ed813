// The other instances of a service, over gRPC.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "libs/base/mutex.h"
#include "libs/rpc/client.h"
#include "libs/stream/peers.h"

namespace dangol::node {

// Keeps a connection to each address that it was ever told. One that does not answer counts as no
// owner at all: a new one will show itself.
class GrpcPeers final : public Peers {
 public:
  // "host:port" of a scope's owner, or UNAVAILABLE. Thread-safe.
  using OwnerOf = std::function<absl::StatusOr<std::string>(Scope)>;
  // `options` but for its target. Their token needs the role PEER.
  GrpcPeers(rpc::ClientOptions options, OwnerOf owner_of);
  ~GrpcPeers() override;

  absl::StatusOr<std::string> Ask(Scope scope, absl::string_view question,
                                  const std::string& request, Micros deadline) override;
  absl::StatusOr<std::string> Execute(Scope scope, const std::string& body, const Caller& caller,
                                      Micros deadline) override;
  absl::Status Hold(Scope scope, Micros duration, Micros deadline) override;

 private:
  struct Peer;
  absl::StatusOr<Peer*> OwnerPeer(Scope scope);

  const rpc::ClientOptions options_;
  const OwnerOf owner_of_;
  Mutex mu_;
  std::map<std::string, std::unique_ptr<Peer>> peers_;  // guarded by mu_; by address
};

}  // namespace dangol::node
