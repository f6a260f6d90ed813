// Campaigns, channels, contact policies, and the audit trail.
#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "libs/rpc/commands.h"
#include "libs/rpc/page_token.h"
#include "libs/rpc/request_check.h"
#include "libs/stream/tables.h"
#include "services/campaign/definitions.h"
#include "services/campaign/domain/validate.h"
#include "services/campaign/keys.h"
#include "services/campaign/rpc/campaign_rpc.h"

namespace dangol::campaign {
namespace {

// A definition just applied elsewhere needs a moment to arrive.
constexpr Micros kNamesWait = 2 * kMicrosPerSecond;
constexpr absl::Duration kNamesPoll = absl::Milliseconds(20);

template <typename Resource>
absl::Status Get(Gateway& gateway, absl::string_view kind, const std::string& name,
                 const rpc::Call& call, Resource* out) {
  bool found = false;
  DANGOL_RETURN_IF_ERROR(gateway.Read(
      kOwner, call.deadline_steady_us(), [&](Processor&, StateView& state) -> absl::Status {
        const std::string* bytes = state.Get(Table::kShared, DefKey(kind, name));
        found = bytes != nullptr && out->ParseFromString(*bytes);
        return absl::OkStatus();
      }));
  return found ? absl::OkStatus() : NotFound(kind, name);
}

// One page of the records under `prefix` in partition 0; returns the next page's token.
template <typename Message, typename Add>
absl::StatusOr<std::string> Page(Gateway& gateway, const std::string& prefix,
                                 const std::string& query, int page_size,
                                 const std::string& page_token, const rpc::Call& call,
                                 const Add& add) {
  DANGOL_ASSIGN_OR_RETURN(const int size, rpc::PageSize(page_size));
  DANGOL_ASSIGN_OR_RETURN(const std::string cursor, rpc::DecodePageToken(page_token, query));
  int taken = 0;
  std::string last, next;
  DANGOL_RETURN_IF_ERROR(gateway.Read(
      kOwner, call.deadline_steady_us(), [&](Processor&, StateView& state) -> absl::Status {
        const std::string from = cursor.empty() ? prefix : prefix + cursor + '\0';
        state.Scan(Table::kShared, from, [&](absl::string_view key, absl::string_view value) {
          if (!absl::StartsWith(key, prefix)) return false;
          if (taken == size) {
            next = last;
            return false;
          }
          Message message;
          message.ParseFromArray(value.data(), static_cast<int>(value.size()));
          add(std::move(message));
          last = std::string(key.substr(prefix.size()));
          ++taken;
          return true;
        });
        return absl::OkStatus();
      }));
  return next.empty() ? std::string() : rpc::EncodePageToken(query, next);
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
    absl::Status names = absl::OkStatus();
    DANGOL_RETURN_IF_ERROR(gateway_.Read(
        kOwner, call.deadline_steady_us(), [&](Processor&, StateView& state) -> absl::Status {
          names = ValidateNames(campaign, Definitions::Known(state));
          return absl::OkStatus();
        }));
    // The command decides; this only gives it time.
    if (names.ok() || SteadyMicros() >= give_up) return absl::OkStatus();
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
  return guard_.Run(
      context, rpc::Role::kReader, "campaign.ListCampaigns", *request,
      [&](rpc::Call& call) -> absl::Status {
        DANGOL_ASSIGN_OR_RETURN(
            *response->mutable_next_page_token(),
            Page<v1::Campaign>(gateway_, DefKey(kCampaignKind, ""), "campaigns",
                               request->page_size(), request->page_token(), call,
                               [&](v1::Campaign c) { *response->add_campaigns() = std::move(c); }));
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
  return guard_.Run(
      context, rpc::Role::kReader, "campaign.ListChannels", *request,
      [&](rpc::Call& call) -> absl::Status {
        DANGOL_ASSIGN_OR_RETURN(
            *response->mutable_next_page_token(),
            Page<v1::Channel>(gateway_, DefKey(kChannelKind, ""), "channels", request->page_size(),
                              request->page_token(), call,
                              [&](v1::Channel c) { *response->add_channels() = std::move(c); }));
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
                          Page<v1::ContactPolicy>(
                              gateway_, DefKey(kPolicyKind, ""), "policies", request->page_size(),
                              request->page_token(), call, [&](v1::ContactPolicy p) {
                                *response->add_contact_policies() = std::move(p);
                              }));
                      return absl::OkStatus();
                    });
}

grpc::Status CampaignRpc::ListAuditEntries(grpc::ServerContext* context,
                                           const v1::ListAuditEntriesRequest* request,
                                           v1::ListAuditEntriesResponse* response) {
  return guard_.Run(context, rpc::Role::kReader, "campaign.ListAuditEntries", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      if (!request->campaign().empty()) {
                        DANGOL_RETURN_IF_ERROR(FindCampaign(request->campaign(), call).status());
                      }
                      DANGOL_ASSIGN_OR_RETURN(
                          *response->mutable_next_page_token(),
                          Page<v1::AuditEntry>(
                              gateway_, AuditPrefix(request->campaign()), rpc::QueryOf(*request),
                              request->page_size(), request->page_token(), call,
                              [&](v1::AuditEntry e) { *response->add_entries() = std::move(e); }));
                      return absl::OkStatus();
                    });
}

}  // namespace dangol::campaign
