// A campaign's way through its states.
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "services/campaign/admin.h"
#include "services/campaign/keys.h"
#include "services/campaign/records.h"

namespace dangol::campaign {
namespace {

template <typename Counts>
bool SameCounts(const Counts& a, const Counts& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [cell, n] : a) {
    const auto it = b.find(cell);
    if (it == b.end() || it->second != n) return false;
  }
  return true;
}

absl::Status CheckList(const v1::Campaign& campaign) {
  if (!campaign.assignment().has_list()) return absl::OkStatus();
  const v1::ListAssignment& list = campaign.assignment().list();
  const v1::ListUpload& upload = campaign.list_upload();
  if (upload.sha256() != list.sha256()) {
    return Precondition("LIST_MISSING",
                        absl::StrCat("the definition names list ", Quote(list.sha256()),
                                     ", uploaded was ", Quote(upload.sha256())));
  }
  if (list.expected_counts().empty() || SameCounts(list.expected_counts(), upload.counts())) {
    return absl::OkStatus();
  }
  return Precondition("LIST_COUNTS_DIFFER",
                      "the uploaded list has other counts per cell than expected_counts");
}

absl::Status CheckNamesWhatIsApproved(const v1::Campaign& campaign,
                                      const v1::ApproveCampaignRequest& request) {
  if (request.definition_hash().empty()) {
    return BadField("definition_hash", "", "is missing",
                    "repeat the campaign's definition_hash, after reading what it stands for");
  }
  if (!campaign.assignment().has_list()) return absl::OkStatus();
  if (request.list_sha256().empty()) {
    return BadField("list_sha256", "", "is missing", "repeat list_upload.sha256 of the campaign");
  }
  if (request.list_counts().empty() && !campaign.list_upload().counts().empty()) {
    return BadField("list_counts", "", "is missing", "repeat list_upload.counts of the campaign");
  }
  return absl::OkStatus();
}

absl::Status CheckApproval(const v1::Campaign& campaign, const v1::ApproveCampaignRequest& request,
                           const Caller& caller) {
  DANGOL_RETURN_IF_ERROR(CheckNamesWhatIsApproved(campaign, request));
  if (caller.principal == campaign.author()) {
    return WithDetail(absl::PermissionDeniedError(absl::StrCat(
                          Quote(caller.principal), " wrote this definition; another must approve")),
                      {"APPROVER_IS_AUTHOR", {{"author", campaign.author()}}, {}});
  }
  if (request.definition_hash() != campaign.definition_hash()) {
    return Precondition(
        "APPROVAL_MISMATCH",
        absl::StrCat("the definition is now ", campaign.definition_hash(), "; read it again"));
  }
  if (!campaign.assignment().has_list()) return absl::OkStatus();
  if (request.list_sha256() != campaign.list_upload().sha256() ||
      !SameCounts(request.list_counts(), campaign.list_upload().counts())) {
    return Precondition("APPROVAL_MISMATCH",
                        "the list's hash or counts are not those of the uploaded list");
  }
  return CheckList(campaign);
}

}  // namespace

absl::StatusOr<v1::Campaign> Submit(const v1::SubmitCampaignRequest& request, const Caller& caller,
                                    Context& ctx) {
  DANGOL_ASSIGN_OR_RETURN(v1::Campaign campaign, OwnCampaign(ctx, request.name()));
  if (!request.etag().empty() && request.etag() != campaign.etag()) {
    return EtagMismatch(campaign.name(), request.etag(), campaign.etag());
  }
  DANGOL_RETURN_IF_ERROR(CheckAllowed(campaign.name(), campaign.state(), Action::kSubmit));
  DANGOL_RETURN_IF_ERROR(CheckList(campaign));
  campaign.set_state(v1::CAMPAIGN_STATE_SUBMITTED);
  Publish(&campaign, v1::CAMPAIGN_STATE_DRAFT, "SUBMIT", caller.principal, request.comment(), ctx);
  return campaign;
}

absl::StatusOr<v1::Campaign> Approve(const v1::ApproveCampaignRequest& request,
                                     const Caller& caller, Context& ctx) {
  DANGOL_ASSIGN_OR_RETURN(v1::Campaign campaign, OwnCampaign(ctx, request.name()));
  DANGOL_RETURN_IF_ERROR(CheckAllowed(campaign.name(), campaign.state(), Action::kApprove));
  DANGOL_RETURN_IF_ERROR(CheckApproval(campaign, request, caller));
  campaign.set_state(v1::CAMPAIGN_STATE_APPROVED);
  campaign.set_approver(caller.principal);
  Publish(&campaign, v1::CAMPAIGN_STATE_SUBMITTED, "APPROVE", caller.principal, request.comment(),
          ctx);
  return campaign;
}

absl::StatusOr<v1::Campaign> Start(const v1::StartCampaignRequest& request, const Caller& caller,
                                   Context& ctx) {
  DANGOL_ASSIGN_OR_RETURN(v1::Campaign campaign, OwnCampaign(ctx, request.name()));
  DANGOL_RETURN_IF_ERROR(CheckAllowed(campaign.name(), campaign.state(), Action::kStart));
  campaign.set_state(NextState(campaign, Action::kStart, ctx.now()));
  if (campaign.state() == v1::CAMPAIGN_STATE_RUNNING) {
    campaign.set_start_time_us(ctx.now());
  } else {
    ctx.SetTimer({kStartTimer, campaign.name(), FirstWaveTime(campaign), ""});
  }
  Publish(&campaign, v1::CAMPAIGN_STATE_APPROVED, "START", caller.principal, "", ctx);
  return campaign;
}

absl::StatusOr<v1::Campaign> Move(const std::string& name, Action action,
                                  const std::string& action_name, const std::string& comment,
                                  const Caller& caller, Context& ctx) {
  DANGOL_ASSIGN_OR_RETURN(v1::Campaign campaign, OwnCampaign(ctx, name));
  DANGOL_RETURN_IF_ERROR(CheckAllowed(name, campaign.state(), action));
  const v1::CampaignState from = campaign.state();
  campaign.set_state(NextState(campaign, action, ctx.now()));
  if (IsFinal(campaign.state())) campaign.set_finish_time_us(ctx.now());
  Publish(&campaign, from, action_name, caller.principal, comment, ctx);
  return campaign;
}

absl::StatusOr<v1::Campaign> BeginUpload(const v1::BeginUpload& request, const Caller& caller,
                                         Context& ctx) {
  DANGOL_ASSIGN_OR_RETURN(v1::Campaign campaign, OwnCampaign(ctx, request.campaign()));
  DANGOL_RETURN_IF_ERROR(CheckAllowed(campaign.name(), campaign.state(), Action::kUpload));
  if (!campaign.assignment().has_list()) {
    return Precondition("NOT_BY_LIST", "the campaign is not assigned by list");
  }
  campaign.clear_list_upload();
  Publish(&campaign, campaign.state(), "BEGIN_UPLOAD", caller.principal, "", ctx);
  return campaign;
}

absl::StatusOr<v1::Campaign> FinishUpload(const v1::FinishUpload& request, const Caller& caller,
                                          Context& ctx) {
  DANGOL_ASSIGN_OR_RETURN(v1::Campaign campaign, OwnCampaign(ctx, request.campaign()));
  DANGOL_RETURN_IF_ERROR(CheckAllowed(campaign.name(), campaign.state(), Action::kUpload));
  *campaign.mutable_list_upload() = request.upload();
  campaign.mutable_list_upload()->set_time_us(ctx.now());
  Publish(&campaign, campaign.state(), "UPLOAD", caller.principal,
          absl::StrCat("list ", request.upload().sha256()), ctx);
  return campaign;
}

absl::StatusOr<v1::Campaign> BeginProof(const v1::SendProofRequest& request, const Caller& caller,
                                        Context& ctx) {
  DANGOL_ASSIGN_OR_RETURN(v1::Campaign campaign, OwnCampaign(ctx, request.campaign()));
  DANGOL_RETURN_IF_ERROR(CheckAllowed(campaign.name(), campaign.state(), Action::kProof));
  if (ctx.Get(Table::kShared, kPauseAllKey) != nullptr) {
    return Precondition("ALL_PAUSED", "every send is paused; ResumeAll first");
  }
  if (campaign.seed_list().empty()) {
    return BadField("campaign.seed_list", "", "is empty", "add identifiers of who gets the proof");
  }
  v1::AuditEntry entry;
  entry.set_principal(caller.principal);
  entry.set_action("PROOF");
  entry.set_from_state(campaign.state());
  entry.set_to_state(campaign.state());
  entry.set_version(campaign.version());
  entry.set_definition_hash(campaign.definition_hash());
  Audit(campaign.name(), std::move(entry), ctx);
  return campaign;
}

void StartScheduled(const std::string& name, Context& ctx) {
  auto campaign = OwnCampaign(ctx, name);
  if (!campaign.ok() || campaign->state() != v1::CAMPAIGN_STATE_SCHEDULED) return;
  const Micros first = FirstWaveTime(*campaign);
  if (first > ctx.now()) {  // cancelled or edited since, and scheduled anew
    ctx.SetTimer({kStartTimer, name, first, ""});
    return;
  }
  campaign->set_state(v1::CAMPAIGN_STATE_RUNNING);
  campaign->set_start_time_us(ctx.now());
  Publish(&*campaign, v1::CAMPAIGN_STATE_SCHEDULED, "RUN", "system", "", ctx);
}

void TakeWavePart(const v1::WavePart& part, Context& ctx) {
  v1::WaveParts parts;
  const std::string key = PartsKey(part.campaign(), part.wave());
  Load(ctx, Table::kShared, key, &parts);
  (*parts.mutable_counts())[part.partition()] = part.count();
  StoreRecord(ctx, Table::kShared, key, parts);
  auto campaign = OwnCampaign(ctx, part.campaign());
  if (!campaign.ok() || (campaign->state() != v1::CAMPAIGN_STATE_RUNNING &&
                         campaign->state() != v1::CAMPAIGN_STATE_PAUSED)) {
    return;
  }
  for (const v1::Wave& wave : campaign->trigger().batch().waves()) {
    v1::WaveParts done;
    Load(ctx, Table::kShared, PartsKey(part.campaign(), wave.name()), &done);
    if (static_cast<uint32_t>(done.counts_size()) < ctx.partitions()) return;
  }
  const v1::CampaignState from = campaign->state();
  campaign->set_state(v1::CAMPAIGN_STATE_FINISHED);
  campaign->set_finish_time_us(ctx.now());
  Publish(&*campaign, from, "FINISH", "system", "", ctx);
}

}  // namespace dangol::campaign
