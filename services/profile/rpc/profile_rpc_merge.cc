// ProfileRpc: merges, erasures, exports.
#include "dangol/profile/v1/command.pb.h"
#include "libs/base/status.h"
#include "libs/rpc/commands.h"
#include "libs/stream/follow.h"
#include "services/profile/rpc/profile_rpc.h"

namespace dangol::profile {

absl::Status ProfileRpc::ForCustomer(CustomerId id, const CustomerCommandFn& command,
                                     const rpc::Call& call, google::protobuf::Message* response) {
  DANGOL_ASSIGN_OR_RETURN(const std::string bytes,
                          ExecuteForCustomer(
                              gateway_, dangol::Service::kProfile, id,
                              [&](CustomerId now) { return command(now).SerializeAsString(); },
                              rpc::CallerOf(call), call.deadline_steady_us()));
  if (!response->ParseFromString(bytes)) return absl::DataLossError("undecodable outcome");
  return absl::OkStatus();
}

absl::Status ProfileRpc::ForCustomer(const common::v1::CustomerRef& ref,
                                     const CustomerCommandFn& command, const rpc::Call& call,
                                     google::protobuf::Message* response) {
  DANGOL_ASSIGN_OR_RETURN(const CustomerId id, reader_.Resolve(ref, "", call.deadline_steady_us()));
  return ForCustomer(id, command, call, response);
}

template <typename Request>
absl::Status ProfileRpc::Decide(const Request& request, v1::MergeState state, rpc::Call& call,
                                v1::Merge* response) {
  DANGOL_RETURN_IF_ERROR(call.AdoptRequestId(request.request_id()));
  DANGOL_ASSIGN_OR_RETURN(const Pair pair, ParseMergeName("name", request.name()));
  if (state == v1::MERGE_STATE_MERGED) {
    DANGOL_RETURN_IF_ERROR(merges_.CheckBoth(pair, call.deadline_steady_us()));
  }
  const auto command = [&](CustomerId now) {
    v1::ProfileCommand body;
    v1::DecideMergeCommand* decide = body.mutable_decide_merge();
    decide->set_customer_id(now);
    decide->set_from(pair.from);
    decide->set_into(pair.into);
    decide->set_state(state);
    decide->set_reason(request.reason());
    return body;
  };
  return ForCustomer(pair.from, command, call, response);
}

grpc::Status ProfileRpc::ListMerges(grpc::ServerContext* context,
                                    const v1::ListMergesRequest* request,
                                    v1::ListMergesResponse* response) {
  return guard_.Run(
      context, rpc::Role::kReader, "profile.ListMerges", *request,
      [&](rpc::Call& call) { return merges_.List(*request, call.deadline_steady_us(), response); });
}

grpc::Status ProfileRpc::GetMerge(grpc::ServerContext* context, const v1::GetMergeRequest* request,
                                  v1::Merge* response) {
  return guard_.Run(context, rpc::Role::kReader, "profile.GetMerge", *request,
                    [&](rpc::Call& call) {
                      return merges_.Get(request->name(), call.deadline_steady_us(), response);
                    });
}

grpc::Status ProfileRpc::ApproveMerge(grpc::ServerContext* context,
                                      const v1::ApproveMergeRequest* request, v1::Merge* response) {
  return guard_.Run(
      context, rpc::Role::kOperator, "profile.ApproveMerge", *request,
      [&](rpc::Call& call) { return Decide(*request, v1::MERGE_STATE_MERGED, call, response); });
}

grpc::Status ProfileRpc::RejectMerge(grpc::ServerContext* context,
                                     const v1::RejectMergeRequest* request, v1::Merge* response) {
  return guard_.Run(
      context, rpc::Role::kOperator, "profile.RejectMerge", *request,
      [&](rpc::Call& call) { return Decide(*request, v1::MERGE_STATE_REJECTED, call, response); });
}

grpc::Status ProfileRpc::UndoMerge(grpc::ServerContext* context,
                                   const v1::UndoMergeRequest* request, v1::Merge* response) {
  return guard_.Run(
      context, rpc::Role::kOperator, "profile.UndoMerge", *request,
      [&](rpc::Call& call) { return Decide(*request, v1::MERGE_STATE_UNDONE, call, response); });
}

grpc::Status ProfileRpc::EraseCustomer(grpc::ServerContext* context,
                                       const v1::EraseCustomerRequest* request,
                                       v1::Erasure* response) {
  return guard_.Run(context, rpc::Role::kOperator, "profile.EraseCustomer", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      DANGOL_RETURN_IF_ERROR(call.AdoptRequestId(request->request_id()));
                      const auto command = [&](CustomerId now) {
                        v1::ProfileCommand body;
                        body.mutable_erase()->set_customer_id(now);
                        body.mutable_erase()->set_reason(request->reason());
                        return body;
                      };
                      return ForCustomer(request->customer(), command, call, response);
                    });
}

grpc::Status ProfileRpc::GetErasure(grpc::ServerContext* context,
                                    const v1::GetErasureRequest* request, v1::Erasure* response) {
  return guard_.Run(context, rpc::Role::kReader, "profile.GetErasure", *request,
                    [&](rpc::Call& call) {
                      return merges_.Erasure(request->name(), call.deadline_steady_us(), response);
                    });
}

grpc::Status ProfileRpc::ListErasures(grpc::ServerContext* context,
                                      const v1::ListErasuresRequest* request,
                                      v1::ListErasuresResponse* response) {
  return guard_.Run(context, rpc::Role::kReader, "profile.ListErasures", *request,
                    [&](rpc::Call& call) {
                      return merges_.Erasures(*request, call.deadline_steady_us(), response);
                    });
}

grpc::Status ProfileRpc::ExportCustomer(grpc::ServerContext* context,
                                        const v1::ExportCustomerRequest* request,
                                        v1::ExportCustomerResponse* response) {
  return guard_.Run(context, rpc::Role::kOperator, "profile.ExportCustomer", *request,
                    [&](rpc::Call& call) {
                      return merges_.Export(*request, call.deadline_steady_us(), response);
                    });
}

}  // namespace dangol::profile
