// The stream of a list assigned elsewhere.
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/rpc/commands.h"
#include "libs/rpc/message_reader.h"
#include "libs/rpc/raw_stream.h"
#include "services/campaign/rpc/campaign_rpc.h"
#include "services/campaign/rpc/upload.h"

namespace dangol::campaign {
namespace {

// What of the answer the campaign keeps.
v1::Command FinishCommand(const std::string& campaign, uint64_t upload_id,
                          const v1::UploadAssignmentsResponse& response) {
  v1::Command command;
  v1::FinishUpload* finish = command.mutable_finish_upload();
  finish->set_campaign(campaign);
  v1::ListUpload* upload = finish->mutable_upload();
  upload->set_upload_id(upload_id);
  upload->set_sha256(response.sha256());
  *upload->mutable_counts() = response.counts();
  upload->set_unresolved_count(response.unresolved_count());
  upload->set_duplicate_count(response.duplicate_count());
  return command;
}

}  // namespace

void CampaignRpc::ServeStreamsRaw() {
  using Handler = rpc::ClientStreamHandler<CampaignRpc, v1::UploadAssignmentsResponse>;
  MarkMethodStreamed(
      rpc::MethodIndex(v1::CampaignService::service_full_name(), "UploadAssignments"),
      new Handler(&CampaignRpc::RawUploadAssignments, this));
}

grpc::Status CampaignRpc::RawUploadAssignments(grpc::ServerContext* context,
                                               rpc::MessageReader* reader,
                                               v1::UploadAssignmentsResponse* response) {
  return guard_.RunStream(
      context, rpc::Role::kPlanner, "campaign.UploadAssignments",
      [&](rpc::Call& call) -> absl::Status {
        v1::UploadAssignmentsRequest request;
        DANGOL_RETURN_IF_ERROR(reader->Read(&request).status());
        if (request.campaign().empty()) {
          return BadField("campaign", "", "is missing", "name it in the first message");
        }
        const std::string name = request.campaign();
        // A caller that repeats a broken stream under one request id must not mix two uploads.
        const uint64_t upload_id =
            Hash64(call.request_id(), static_cast<uint64_t>(gateway_.Now())) | 1;
        v1::Command begin;
        begin.mutable_begin_upload()->set_campaign(name);
        begin.mutable_begin_upload()->set_upload_id(upload_id);
        v1::Campaign campaign;
        DANGOL_RETURN_IF_ERROR(rpc::Execute(gateway_, kOwner, begin, call, &campaign));
        Caller caller = rpc::CallerOf(call);
        caller.request_id += "-" + std::to_string(upload_id);
        Upload upload(gateway_, resolver_, campaign, upload_id, caller, call.deadline_steady_us());
        for (bool more = true; more;) {
          DANGOL_RETURN_IF_ERROR(upload.Add(request.rows()));
          DANGOL_ASSIGN_OR_RETURN(more, reader->Read(&request));
        }
        DANGOL_RETURN_IF_ERROR(call.CheckAlive());
        DANGOL_RETURN_IF_ERROR(upload.Finish(response));
        caller.request_id += "-finish";
        return gateway_
            .Execute(kOwner, FinishCommand(name, upload_id, *response).SerializeAsString(), caller,
                     call.deadline_steady_us())
            .status();
      });
}

}  // namespace dangol::campaign
