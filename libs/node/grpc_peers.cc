#include "libs/node/grpc_peers.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <utility>

#include "dangol/stream/v1/scope_service.grpc.pb.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "libs/rpc/call.h"
#include "libs/rpc/grpc_status.h"
#include "libs/stream/gateway.h"

namespace dangol::node {
namespace {

void FillScope(Scope scope, stream::v1::ScopeName* name) {
  name->set_service(std::string(ServiceName(scope.service)));
  name->set_partition(scope.partition);
}

// What came of the call itself, before any answer. An instance that is gone, or going, is no owner;
// what it did not answer may have been done, and is known by its request id.
absl::Status Reached(Scope scope, const grpc::Status& status) {
  const absl::Status reached = rpc::FromGrpc(status);
  return absl::IsUnavailable(reached) || absl::IsCancelled(reached) ? NotOwned(scope) : reached;
}

// What the scope said; an owner that stops in between says that it is unavailable, without reason.
absl::Status Said(Scope scope, const std::string& bytes) {
  if (bytes.empty()) return absl::OkStatus();
  absl::Status said = DecodeStatus(bytes);
  const bool stops = absl::IsUnavailable(said) && DetailOf(said).reason == "UNAVAILABLE";
  return stops ? NotOwned(scope) : said;
}

void Prepare(Micros deadline, grpc::ClientContext* context) {
  rpc::SetTimeout(std::clamp<Micros>(deadline - SteadyMicros(), 0, kMicrosPerHour), context);
}

}  // namespace

struct GrpcPeers::Peer {
  std::unique_ptr<stream::v1::ScopeService::Stub> stub;
};

GrpcPeers::GrpcPeers(rpc::ClientOptions options, OwnerOf owner_of)
    : options_(std::move(options)), owner_of_(std::move(owner_of)) {}
GrpcPeers::~GrpcPeers() = default;

absl::StatusOr<GrpcPeers::Peer*> GrpcPeers::OwnerPeer(Scope scope) {
  const auto address = owner_of_(scope);
  if (!address.ok()) return NotOwned(scope);
  MutexLock lock(mu_);
  std::unique_ptr<Peer>& peer = peers_[*address];
  if (peer == nullptr) {
    rpc::ClientOptions options = options_;
    options.target = *address;
    DANGOL_ASSIGN_OR_RETURN(const auto channel, rpc::MakeChannel(options));
    peer = std::make_unique<Peer>();
    peer->stub = stream::v1::ScopeService::NewStub(channel);
  }
  return peer.get();
}

absl::StatusOr<std::string> GrpcPeers::Ask(Scope scope, absl::string_view question,
                                           const std::string& request, Micros deadline) {
  DANGOL_ASSIGN_OR_RETURN(Peer* const peer, OwnerPeer(scope));
  stream::v1::AskRequest ask;
  FillScope(scope, ask.mutable_scope());
  ask.set_question(std::string(question));
  ask.set_request(request);
  grpc::ClientContext context;
  Prepare(deadline, &context);
  stream::v1::AskResponse response;
  DANGOL_RETURN_IF_ERROR(Reached(scope, peer->stub->Ask(&context, ask, &response)));
  DANGOL_RETURN_IF_ERROR(Said(scope, response.status()));
  return std::move(*response.mutable_answer());
}

absl::StatusOr<std::string> GrpcPeers::Execute(Scope scope, const std::string& body,
                                               const Caller& caller, Micros deadline) {
  DANGOL_ASSIGN_OR_RETURN(Peer* const peer, OwnerPeer(scope));
  stream::v1::ExecuteRequest execute;
  FillScope(scope, execute.mutable_scope());
  execute.set_body(body);
  execute.set_request_id(caller.request_id);
  execute.set_principal(caller.principal);
  for (const std::string& role : caller.roles) execute.add_roles(role);
  grpc::ClientContext context;
  Prepare(deadline, &context);
  stream::v1::ExecuteResponse response;
  DANGOL_RETURN_IF_ERROR(Reached(scope, peer->stub->Execute(&context, execute, &response)));
  DANGOL_RETURN_IF_ERROR(Said(scope, response.status()));
  return std::move(*response.mutable_outcome());
}

absl::Status GrpcPeers::Hold(Scope scope, Micros duration, Micros deadline) {
  DANGOL_ASSIGN_OR_RETURN(Peer* const peer, OwnerPeer(scope));
  stream::v1::HoldRequest hold;
  hold.set_hold_us(duration);
  grpc::ClientContext context;
  Prepare(deadline, &context);
  stream::v1::HoldResponse response;
  return Reached(scope, peer->stub->Hold(&context, hold, &response));
}

}  // namespace dangol::node
