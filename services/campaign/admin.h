// Partition 0's part: it keeps campaigns, channels and contact policies, moves campaigns through
// their states, writes the audit trail and publishes every change.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dangol/campaign/v1/command.pb.h"
#include "libs/stream/processor.h"
#include "services/campaign/domain/state_machine.h"

namespace dangol::campaign {

// True for commands that belong here.
bool IsAdminCommand(const v1::Command& command);

// Runs the command and returns its serialised reply. Errors change nothing.
absl::StatusOr<std::string> RunAdminCommand(const v1::Command& command, const Caller& caller,
                                            Context& ctx);

// A scheduled campaign's time has come.
void StartScheduled(const std::string& campaign, Context& ctx);
// A partition is done with a wave; the last one finishes the campaign.
void TakeWavePart(const v1::WavePart& part, Context& ctx);

// Shared by admin.cc, lifecycle.cc and resources.cc: loads the campaign of partition 0. NOT_FOUND.
absl::StatusOr<v1::Campaign> OwnCampaign(StateView& state, absl::string_view name);
// Gives the campaign its next version, etag, and audit entry, keeps it and publishes it.
void Publish(v1::Campaign* campaign, v1::CampaignState from, const std::string& action,
             const std::string& principal, const std::string& comment, Context& ctx);
void Audit(const std::string& campaign, v1::AuditEntry entry, Context& ctx);

absl::StatusOr<v1::ApplyCampaignResponse> ApplyCampaign(const v1::ApplyCampaignRequest& request,
                                                        const Caller& caller, Context& ctx);
absl::StatusOr<v1::ApplyChannelResponse> ApplyChannel(const v1::ApplyChannelRequest& request,
                                                      const Caller& caller, Context& ctx);
absl::StatusOr<v1::ApplyContactPolicyResponse> ApplyContactPolicy(
    const v1::ApplyContactPolicyRequest& request, const Caller& caller, Context& ctx);
absl::StatusOr<v1::Campaign> Submit(const v1::SubmitCampaignRequest& request, const Caller& caller,
                                    Context& ctx);
absl::StatusOr<v1::Campaign> Approve(const v1::ApproveCampaignRequest& request,
                                     const Caller& caller, Context& ctx);
absl::StatusOr<v1::Campaign> Start(const v1::StartCampaignRequest& request, const Caller& caller,
                                   Context& ctx);
// Reject, pause, resume, cancel: a change of state and nothing else.
absl::StatusOr<v1::Campaign> Move(const std::string& name, Action action,
                                  const std::string& action_name, const std::string& comment,
                                  const Caller& caller, Context& ctx);
absl::StatusOr<v1::Campaign> BeginUpload(const v1::BeginUpload& request, const Caller& caller,
                                         Context& ctx);
absl::StatusOr<v1::Campaign> FinishUpload(const v1::FinishUpload& request, const Caller& caller,
                                          Context& ctx);
absl::StatusOr<v1::Campaign> BeginProof(const v1::SendProofRequest& request, const Caller& caller,
                                        Context& ctx);

}  // namespace dangol::campaign
