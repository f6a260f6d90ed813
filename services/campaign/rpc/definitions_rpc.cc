// Campaigns, channels, contact policies, and the audit trail.
#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "google/protobuf/repeated_field.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "libs/rpc/commands.h"
#include "libs/rpc/page_token.h"
#include "libs/rpc/request_check.h"
#include "libs/stream/ask.h"
#include "libs/stream/rows.h"
#include "services/campaign/keys.h"
#include "services/campaign/questions.h"
#include "services/campaign/rpc/campaign_rpc.h"

namespace dangol::campaign {
namespace {

// A definition just applied elsewhere needs a moment to arrive.
constexpr Micros kNamesWait = 2 * kMicrosPerSecond;
constexpr absl::Duration kNamesPoll = absl::Milliseconds(20);

template <typename Resource>
absl::Status Get(Gateway& gateway, absl::string_view kind, const std::string& name,
                 const rpc::Call& call, Resource* out) {
  DANGOL_ASSIGN_OR_RETURN(auto found,
                          AskRecord<Resource>(gateway, kOwner, Table::kShared, DefKey(kind, name),
                                              call.deadline_steady_us()));
  if (!found) return NotFound(kind, name);
  *out = *std::move(found);
  return absl::OkStatus();
}

// One page of the records under `prefix` in partition 0; returns the next page's token.
template <typename Message>
absl::StatusOr<std::string> Page(Gateway& gateway, const std::string& prefix,
                                 const std::string& query, int page_size,
                                 const std::string& page_token, const rpc::Call& call,
                                 google::protobuf::RepeatedPtrField<Message>* out) {
  DANGOL_ASSIGN_OR_RETURN(const int size, rpc::PageSize(page_size));
  DANGOL_ASSIGN_OR_RETURN(const std::string cursor, rpc::DecodePageToken(page_token, query));
  const RowRange range = {Table::kShared, prefix, cursor.empty() ? "" : prefix + cursor,
                          static_cast<uint32_t>(size)};
  DANGOL_ASSIGN_OR_RETURN(const Rows page,
                          AskRows(gateway, kOwner, range, call.deadline_steady_us()));
  for (const Row& row : page.rows) out->Add()->ParseFromString(row.value);
  if (!page.more) return std::string();
  return rpc::EncodePageToken(query, page.rows.back().key.substr(prefix.size()));
}

}  // namespace

absl::StatusOr<v1::Campaign> CampaignRpc::FindCampaign(const std::string& name,
                                                       const rpc::Call& call) {
  DANGOL_RETURN_IF_ERROR(rpc::CheckGiven("campaign", name));
  v1::Campaign campaign;
  DANGOL_RETURN_IF_ERROR(Get(gateway_, kCampaignKind, name, call, &campaign));
  return campaign;
}

absl::Status CampaignRpc::WaitForNames(const v1::Campaign& campaign, const rpc::Call& call) {
  const Micros give_up = SteadyMicros() + std::min(kNamesWait, call.RemainingUs() / 2);
  while (true) {
    DANGOL_ASSIGN_OR_RETURN(
        const auto known, Ask(gateway_, kOwner, kNamesKnown, campaign, call.deadline_steady_us()));
    // The command decides; this only gives it time.
    if (known.value() || SteadyMicros() >= give_up) return absl::OkStatus();
    absl::SleepFor(kNamesPoll);
  }
}

grpc::Status CampaignRpc::ApplyCampaign(grpc::ServerContext* context,
                                        const v1::ApplyCampaignRequest* request,
                                        v1::ApplyCampaignResponse* response) {
  return guard_.Run(context, rpc::Role::kPlanner, "campaign.ApplyCampaign", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      DANGOL_RETURN_IF_ERROR(call.AdoptRequestId(request->request_id()));
                      DANGOL_RETURN_IF_ERROR(WaitForNames(request->campaign(), call));
                      v1::Command command;
                      *command.mutable_apply_campaign() = *request;
                      return rpc::Execute(gateway_, kOwner, command, call, response);
                    });
}

grpc::Status CampaignRpc::GetCampaign(grpc::ServerContext* context,
                                      const v1::GetCampaignRequest* request,
                                      v1::Campaign* response) {
  return guard_.Run(context, rpc::Role::kReader, "campaign.GetCampaign", *request,
                    [&](rpc::Call& call) {
                      return Get(gateway_, kCampaignKind, request->name(), call, response);
                    });
}

grpc::Status CampaignRpc::ListCampaigns(grpc::ServerContext* context,
                                        const v1::ListCampaignsRequest* request,
                                        v1::ListCampaignsResponse* response) {
  return guard_.Run(context, rpc::Role::kReader, "campaign.ListCampaigns", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      DANGOL_ASSIGN_OR_RETURN(*response->mutable_next_page_token(),
                                              Page(gateway_, DefKey(kCampaignKind, ""), "campaigns",
                                                   request->page_size(), request->page_token(),
                                                   call, response->mutable_campaigns()));
                      return absl::OkStatus();
                    });
}

grpc::Status CampaignRpc::ApplyChannel(grpc::ServerContext* context,
                                       const v1::ApplyChannelRequest* request,
                                       v1::ApplyChannelResponse* response) {
  return RunOwner(context, rpc::Role::kOperator, "campaign.ApplyChannel", *request,
                  &v1::Command::mutable_apply_channel, response);
}

grpc::Status CampaignRpc::GetChannel(grpc::ServerContext* context,
                                     const v1::GetChannelRequest* request, v1::Channel* response) {
  return guard_.Run(context, rpc::Role::kReader, "campaign.GetChannel", *request,
                    [&](rpc::Call& call) {
                      return Get(gateway_, kChannelKind, request->name(), call, response);
                    });
}

grpc::Status CampaignRpc::ListChannels(grpc::ServerContext* context,
                                       const v1::ListChannelsRequest* request,
                                       v1::ListChannelsResponse* response) {
  return guard_.Run(context, rpc::Role::kReader, "campaign.ListChannels", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      DANGOL_ASSIGN_OR_RETURN(
                          *response->mutable_next_page_token(),
                          Page(gateway_, DefKey(kChannelKind, ""), "channels", request->page_size(),
                               request->page_token(), call, response->mutable_channels()));
                      return absl::OkStatus();
                    });
}

grpc::Status CampaignRpc::ApplyContactPolicy(grpc::ServerContext* context,
                                             const v1::ApplyContactPolicyRequest* request,
                                             v1::ApplyContactPolicyResponse* response) {
  return RunOwner(context, rpc::Role::kPlanner, "campaign.ApplyContactPolicy", *request,
                  &v1::Command::mutable_apply_contact_policy, response);
}

grpc::Status CampaignRpc::GetContactPolicy(grpc::ServerContext* context,
                                           const v1::GetContactPolicyRequest* request,
                                           v1::ContactPolicy* response) {
  return guard_.Run(
      context, rpc::Role::kReader, "campaign.GetContactPolicy", *request,
      [&](rpc::Call& call) { return Get(gateway_, kPolicyKind, request->name(), call, response); });
}

grpc::Status CampaignRpc::ListContactPolicies(grpc::ServerContext* context,
                                              const v1::ListContactPoliciesRequest* request,
                                              v1::ListContactPoliciesResponse* response) {
  return guard_.Run(context, rpc::Role::kReader, "campaign.ListContactPolicies", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      DANGOL_ASSIGN_OR_RETURN(
                          *response->mutable_next_page_token(),
                          Page(gateway_, DefKey(kPolicyKind, ""), "policies", request->page_size(),
                               request->page_token(), call, response->mutable_contact_policies()));
                      return absl::OkStatus();
                    });
}

grpc::Status CampaignRpc::ListAuditEntries(grpc::ServerContext* context,
                                           const v1::ListAuditEntriesRequest* request,
                                           v1::ListAuditEntriesResponse* response) {
  return guard_.Run(
      context, rpc::Role::kReader, "campaign.ListAuditEntries", *request,
      [&](rpc::Call& call) -> absl::Status {
        if (!request->campaign().empty()) {
          DANGOL_RETURN_IF_ERROR(FindCampaign(request->campaign(), call).status());
        }
        DANGOL_ASSIGN_OR_RETURN(
            *response->mutable_next_page_token(),
            Page(gateway_, AuditPrefix(request->campaign()), rpc::QueryOf(*request),
                 request->page_size(), request->page_token(), call, response->mutable_entries()));
        return absl::OkStatus();
      });
}

}  // namespace dangol::campaign
