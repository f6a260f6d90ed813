// CampaignService over gRPC: one file per family of RPCs.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "dangol/campaign/v1/campaign_service.grpc.pb.h"
#include "dangol/campaign/v1/command.pb.h"
#include "libs/base/status.h"
#include "libs/rpc/call.h"
#include "libs/rpc/commands.h"
#include "libs/stream/gateway.h"
#include "services/campaign/app.h"

namespace dangol::rpc {
class MessageReader;
}

namespace dangol::campaign {

inline constexpr Scope kOwner = {dangol::Service::kCampaign, 0};

// Thread-safe.
class CampaignRpc final : public v1::CampaignService::Service {
 public:
  CampaignRpc(Gateway& gateway, const rpc::Guard& guard, App::Resolver resolver)
      : gateway_(gateway), guard_(guard), resolver_(std::move(resolver)) {
    ServeStreamsRaw();
  }

  grpc::Status ApplyCampaign(grpc::ServerContext* context, const v1::ApplyCampaignRequest* request,
                             v1::ApplyCampaignResponse* response) override;
  grpc::Status GetCampaign(grpc::ServerContext* context, const v1::GetCampaignRequest* request,
                           v1::Campaign* response) override;
  grpc::Status ListCampaigns(grpc::ServerContext* context, const v1::ListCampaignsRequest* request,
                             v1::ListCampaignsResponse* response) override;
  grpc::Status ApplyChannel(grpc::ServerContext* context, const v1::ApplyChannelRequest* request,
                            v1::ApplyChannelResponse* response) override;
  grpc::Status GetChannel(grpc::ServerContext* context, const v1::GetChannelRequest* request,
                          v1::Channel* response) override;
  grpc::Status ListChannels(grpc::ServerContext* context, const v1::ListChannelsRequest* request,
                            v1::ListChannelsResponse* response) override;
  grpc::Status ApplyContactPolicy(grpc::ServerContext* context,
                                  const v1::ApplyContactPolicyRequest* request,
                                  v1::ApplyContactPolicyResponse* response) override;
  grpc::Status GetContactPolicy(grpc::ServerContext* context,
                                const v1::GetContactPolicyRequest* request,
                                v1::ContactPolicy* response) override;
  grpc::Status ListContactPolicies(grpc::ServerContext* context,
                                   const v1::ListContactPoliciesRequest* request,
                                   v1::ListContactPoliciesResponse* response) override;
  grpc::Status SubmitCampaign(grpc::ServerContext* context,
                              const v1::SubmitCampaignRequest* request,
                              v1::Campaign* response) override;
  grpc::Status ApproveCampaign(grpc::ServerContext* context,
                               const v1::ApproveCampaignRequest* request,
                               v1::Campaign* response) override;
  grpc::Status RejectCampaign(grpc::ServerContext* context,
                              const v1::RejectCampaignRequest* request,
                              v1::Campaign* response) override;
  grpc::Status StartCampaign(grpc::ServerContext* context, const v1::StartCampaignRequest* request,
                             v1::Campaign* response) override;
  grpc::Status PauseCampaign(grpc::ServerContext* context, const v1::PauseCampaignRequest* request,
                             v1::Campaign* response) override;
  grpc::Status ResumeCampaign(grpc::ServerContext* context,
                              const v1::ResumeCampaignRequest* request,
                              v1::Campaign* response) override;
  grpc::Status CancelCampaign(grpc::ServerContext* context,
                              const v1::CancelCampaignRequest* request,
                              v1::Campaign* response) override;
  grpc::Status PauseAll(grpc::ServerContext* context, const v1::PauseAllRequest* request,
                        v1::PauseAllResponse* response) override;
  grpc::Status ResumeAll(grpc::ServerContext* context, const v1::ResumeAllRequest* request,
                         v1::ResumeAllResponse* response) override;
  grpc::Status SendProof(grpc::ServerContext* context, const v1::SendProofRequest* request,
                         v1::SendProofResponse* response) override;
  grpc::Status GetProgress(grpc::ServerContext* context, const v1::GetProgressRequest* request,
                           v1::Progress* response) override;
  grpc::Status ListContacts(grpc::ServerContext* context, const v1::ListContactsRequest* request,
                            v1::ListContactsResponse* response) override;
  grpc::Status ExplainContact(grpc::ServerContext* context,
                              const v1::ExplainContactRequest* request,
                              v1::ExplainContactResponse* response) override;
  grpc::Status RecordOutcome(grpc::ServerContext* context, const v1::RecordOutcomeRequest* request,
                             v1::Contact* response) override;
  grpc::Status ExportCustomer(grpc::ServerContext* context,
                              const v1::ExportCustomerRequest* request,
                              v1::ExportCustomerResponse* response) override;
  grpc::Status ListAuditEntries(grpc::ServerContext* context,
                                const v1::ListAuditEntriesRequest* request,
                                v1::ListAuditEntriesResponse* response) override;
  grpc::Status WatchProgress(grpc::ServerContext* context, const v1::WatchProgressRequest* request,
                             grpc::ServerWriter<v1::Progress>* writer) override;

 private:
  // UploadAssignments, whose end must be known (libs/rpc/message_reader.h).
  void ServeStreamsRaw();
  grpc::Status RawUploadAssignments(grpc::ServerContext* context, rpc::MessageReader* reader,
                                    v1::UploadAssignmentsResponse* response);

  // Runs `request` as the command of partition 0 that `slot` makes room for.
  template <typename Request, typename Response>
  grpc::Status RunOwner(grpc::ServerContext* context, rpc::Role role, const char* method,
                        const Request& request, Request* (v1::Command::*slot)(),
                        Response* response);
  absl::Status SetPauseAll(bool paused, const std::string& comment, const rpc::Call& call);
  absl::StatusOr<int64_t> CountAttempting(const rpc::Call& call);
  absl::Status WaitForNames(const v1::Campaign& campaign, const rpc::Call& call);
  absl::StatusOr<v1::Campaign> FindCampaign(const std::string& name, const rpc::Call& call);
  absl::StatusOr<v1::Progress> ReadProgress(const std::string& campaign, const std::string& wave,
                                            const rpc::Call& call);
  absl::Status ListOfCustomer(const v1::ListContactsRequest& request, const rpc::Call& call,
                              v1::ListContactsResponse* response);
  absl::Status ListOfCampaign(const v1::ListContactsRequest& request, const rpc::Call& call,
                              v1::ListContactsResponse* response);
  Scope ScopeOf(CustomerId id) const {
    return {kOwner.service, PartitionOfCustomer(id, gateway_.partitions())};
  }

  Gateway& gateway_;
  const rpc::Guard& guard_;
  const App::Resolver resolver_;
};

template <typename Request, typename Response>
grpc::Status CampaignRpc::RunOwner(grpc::ServerContext* context, rpc::Role role, const char* method,
                                   const Request& request, Request* (v1::Command::*slot)(),
                                   Response* response) {
  return guard_.Run(context, role, method, request, [&](rpc::Call& call) -> absl::Status {
    DANGOL_RETURN_IF_ERROR(call.AdoptRequestId(request.request_id()));
    v1::Command command;
    *(command.*slot)() = request;
    return rpc::Execute(gateway_, kOwner, command, call, response);
  });
}

}  // namespace dangol::campaign
