// A campaign's states, the general stop, and proofs.
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "libs/rpc/commands.h"
#include "libs/stream/ask.h"
#include "libs/stream/effects.h"
#include "libs/stream/follow.h"
#include "services/campaign/domain/customer_ref.h"
#include "services/campaign/questions.h"
#include "services/campaign/rpc/campaign_rpc.h"

namespace dangol::campaign {
namespace {

constexpr absl::Duration kStopPoll = absl::Milliseconds(50);

}  // namespace

grpc::Status CampaignRpc::SubmitCampaign(grpc::ServerContext* context,
                                         const v1::SubmitCampaignRequest* request,
                                         v1::Campaign* response) {
  return RunOwner(context, rpc::Role::kPlanner, "campaign.SubmitCampaign", *request,
                  &v1::Command::mutable_submit, response);
}

grpc::Status CampaignRpc::ApproveCampaign(grpc::ServerContext* context,
                                          const v1::ApproveCampaignRequest* request,
                                          v1::Campaign* response) {
  return RunOwner(context, rpc::Role::kApprover, "campaign.ApproveCampaign", *request,
                  &v1::Command::mutable_approve, response);
}

grpc::Status CampaignRpc::RejectCampaign(grpc::ServerContext* context,
                                         const v1::RejectCampaignRequest* request,
                                         v1::Campaign* response) {
  return RunOwner(context, rpc::Role::kApprover, "campaign.RejectCampaign", *request,
                  &v1::Command::mutable_reject, response);
}

grpc::Status CampaignRpc::StartCampaign(grpc::ServerContext* context,
                                        const v1::StartCampaignRequest* request,
                                        v1::Campaign* response) {
  return RunOwner(context, rpc::Role::kOperator, "campaign.StartCampaign", *request,
                  &v1::Command::mutable_start, response);
}

grpc::Status CampaignRpc::PauseCampaign(grpc::ServerContext* context,
                                        const v1::PauseCampaignRequest* request,
                                        v1::Campaign* response) {
  return RunOwner(context, rpc::Role::kOperator, "campaign.PauseCampaign", *request,
                  &v1::Command::mutable_pause, response);
}

grpc::Status CampaignRpc::ResumeCampaign(grpc::ServerContext* context,
                                         const v1::ResumeCampaignRequest* request,
                                         v1::Campaign* response) {
  return RunOwner(context, rpc::Role::kOperator, "campaign.ResumeCampaign", *request,
                  &v1::Command::mutable_resume, response);
}

grpc::Status CampaignRpc::CancelCampaign(grpc::ServerContext* context,
                                         const v1::CancelCampaignRequest* request,
                                         v1::Campaign* response) {
  return RunOwner(context, rpc::Role::kOperator, "campaign.CancelCampaign", *request,
                  &v1::Command::mutable_cancel, response);
}

absl::Status CampaignRpc::SetPauseAll(bool paused, const std::string& comment,
                                      const rpc::Call& call) {
  v1::Command command;
  command.mutable_set_pause_all()->set_paused(paused);
  command.mutable_set_pause_all()->set_comment(comment);
  for (uint32_t p = 0; p < gateway_.partitions(); ++p) {
    auto done =
        gateway_.Execute({kOwner.service, static_cast<Partition>(p)}, command.SerializeAsString(),
                         rpc::CallerOf(call), call.deadline_steady_us());
    if (!done.ok()) return done.status();
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> CampaignRpc::CountAttempting(const rpc::Call& call) {
  DANGOL_ASSIGN_OR_RETURN(
      const auto parts, AskAll(gateway_, kOwner.service, kInFlight, {}, call.deadline_steady_us()));
  int64_t attempting = 0;
  for (const v1::PauseAllResponse& part : parts) attempting += part.in_flight();
  return attempting;
}

grpc::Status CampaignRpc::PauseAll(grpc::ServerContext* context, const v1::PauseAllRequest* request,
                                   v1::PauseAllResponse* response) {
  return guard_.Run(context, rpc::Role::kOperator, "campaign.PauseAll", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      DANGOL_RETURN_IF_ERROR(call.AdoptRequestId(request->request_id()));
                      DANGOL_RETURN_IF_ERROR(SetPauseAll(true, request->comment(), call));
                      // From here on no attempt is committed; those committed before start within
                      // the limit.
                      const Micros quiet = SteadyMicros() + kEffectStartLimit;
                      while (true) {
                        DANGOL_ASSIGN_OR_RETURN(const int64_t attempting, CountAttempting(call));
                        response->set_in_flight(attempting);
                        if (attempting == 0 || SteadyMicros() >= quiet) return absl::OkStatus();
                        absl::SleepFor(kStopPoll);
                      }
                    });
}

grpc::Status CampaignRpc::ResumeAll(grpc::ServerContext* context,
                                    const v1::ResumeAllRequest* request, v1::ResumeAllResponse*) {
  return guard_.Run(context, rpc::Role::kOperator, "campaign.ResumeAll", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      DANGOL_RETURN_IF_ERROR(call.AdoptRequestId(request->request_id()));
                      return SetPauseAll(false, "", call);
                    });
}

grpc::Status CampaignRpc::SendProof(grpc::ServerContext* context,
                                    const v1::SendProofRequest* request,
                                    v1::SendProofResponse* response) {
  return guard_.Run(
      context, rpc::Role::kPlanner, "campaign.SendProof", *request,
      [&](rpc::Call& call) -> absl::Status {
        DANGOL_RETURN_IF_ERROR(call.AdoptRequestId(request->request_id()));
        DANGOL_ASSIGN_OR_RETURN(const v1::Campaign draft, FindCampaign(request->campaign(), call));
        std::vector<CustomerId> seeds;
        for (int i = 0; i < draft.seed_list_size(); ++i) {
          const std::string field = absl::StrCat("campaign.seed_list[", i, "]");
          DANGOL_ASSIGN_OR_RETURN(const auto ref, ParseRef(field, draft.seed_list(i)));
          const auto id = resolver_(ref, call.deadline_steady_us());
          if (!id.ok()) {
            return BadField(field, draft.seed_list(i), "is no known customer",
                            std::string(id.status().message()));
          }
          seeds.push_back(*id);
        }
        v1::Command begin, make;
        *begin.mutable_begin_proof() = *request;
        DANGOL_RETURN_IF_ERROR(rpc::Execute(gateway_, kOwner, begin, call,
                                            make.mutable_make_proof()->mutable_campaign()));
        make.mutable_make_proof()->set_proof(call.request_id());
        for (const CustomerId id : seeds) {
          const auto body = [&](CustomerId now) {
            make.mutable_make_proof()->set_customer_id(now);
            return make.SerializeAsString();
          };
          Caller caller = rpc::CallerOf(call);
          absl::StrAppend(&caller.request_id, "-", absl::Hex(id));
          DANGOL_ASSIGN_OR_RETURN(const std::string bytes,
                                  ExecuteForCustomer(gateway_, kOwner.service, id, body, caller,
                                                     call.deadline_steady_us()));
          v1::MakeProofReply reply;
          reply.ParseFromString(bytes);
          for (const std::string& contact : reply.contact_ids()) response->add_contact_ids(contact);
        }
        return absl::OkStatus();
      });
}

}  // namespace dangol::campaign
