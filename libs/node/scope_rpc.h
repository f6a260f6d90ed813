// ScopeService over the runtime: what other instances ask of the scopes that this one owns.
#pragma once

#include "dangol/stream/v1/scope_service.grpc.pb.h"
#include "libs/rpc/call.h"
#include "libs/stream/runtime.h"

namespace dangol::node {

// Thread-safe. Passes nothing on.
class ScopeRpc final : public stream::v1::ScopeService::Service {
 public:
  ScopeRpc(Runtime& runtime, dangol::Service service, const rpc::Guard& guard)
      : runtime_(runtime), service_(service), guard_(guard) {}

  grpc::Status Ask(grpc::ServerContext* context, const stream::v1::AskRequest* request,
                   stream::v1::AskResponse* response) override;
  grpc::Status Execute(grpc::ServerContext* context, const stream::v1::ExecuteRequest* request,
                       stream::v1::ExecuteResponse* response) override;
  grpc::Status Hold(grpc::ServerContext* context, const stream::v1::HoldRequest* request,
                    stream::v1::HoldResponse* response) override;

 private:
  absl::StatusOr<Scope> ScopeOf(const stream::v1::ScopeName& name) const;

  Runtime& runtime_;
  const dangol::Service service_;
  const rpc::Guard& guard_;
};

}  // namespace dangol::node
