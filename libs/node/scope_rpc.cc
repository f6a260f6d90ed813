#include "libs/node/scope_rpc.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/rpc/request_check.h"

namespace dangol::node {

absl::StatusOr<Scope> ScopeRpc::ScopeOf(const stream::v1::ScopeName& name) const {
  if (name.service() != ServiceName(service_)) {
    return BadField("scope.service", name.service(), "is not the service of this instance",
                    absl::StrCat("ask ", ServiceName(service_), " of it"));
  }
  if (name.partition() >= runtime_.partitions()) {
    return BadField("scope.partition", absl::StrCat(name.partition()), "does not exist",
                    absl::StrCat("partitions are 0 to ", runtime_.partitions() - 1));
  }
  return Scope{service_, static_cast<Partition>(name.partition())};
}

grpc::Status ScopeRpc::Ask(grpc::ServerContext* context, const stream::v1::AskRequest* request,
                           stream::v1::AskResponse* response) {
  return guard_.Run(
      context, rpc::Role::kPeer, "scope.Ask", *request, [&](rpc::Call& call) -> absl::Status {
        DANGOL_ASSIGN_OR_RETURN(const Scope scope, ScopeOf(request->scope()));
        auto answer = runtime_.AnswerHere(scope, request->question(), request->request(),
                                          call.deadline_steady_us());
        if (!answer.ok()) response->set_status(EncodeStatus(answer.status()));
        if (answer.ok()) response->set_answer(*std::move(answer));
        return absl::OkStatus();
      });
}

grpc::Status ScopeRpc::Execute(grpc::ServerContext* context,
                               const stream::v1::ExecuteRequest* request,
                               stream::v1::ExecuteResponse* response) {
  return guard_.Run(
      context, rpc::Role::kPeer, "scope.Execute", *request, [&](rpc::Call& call) -> absl::Status {
        DANGOL_ASSIGN_OR_RETURN(const Scope scope, ScopeOf(request->scope()));
        DANGOL_RETURN_IF_ERROR(rpc::CheckGiven("request_id", request->request_id()));
        auto outcome = runtime_.ExecuteHere(scope, request->body(),
                                            {request->principal(),
                                             {request->roles().begin(), request->roles().end()},
                                             request->request_id()},
                                            call.deadline_steady_us());
        if (!outcome.ok()) response->set_status(EncodeStatus(outcome.status()));
        if (outcome.ok()) response->set_outcome(*std::move(outcome));
        return absl::OkStatus();
      });
}

grpc::Status ScopeRpc::Hold(grpc::ServerContext* context, const stream::v1::HoldRequest* request,
                            stream::v1::HoldResponse*) {
  return guard_.Run(context, rpc::Role::kPeer, "scope.Hold", *request,
                    [&](rpc::Call&) { return runtime_.HoldHere(request->hold_us()); });
}

}  // namespace dangol::node
