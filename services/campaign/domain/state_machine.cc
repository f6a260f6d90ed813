#include "services/campaign/domain/state_machine.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"

namespace dangol::campaign {
namespace {

struct Rule {
  Action action;
  const char* call;
  std::vector<v1::CampaignState> from;
};

const std::vector<Rule>& Rules() {
  using v1::CampaignState;
  static const auto* rules = new std::vector<Rule>{
      {Action::kEdit,
       "ApplyCampaign",
       {v1::CAMPAIGN_STATE_DRAFT, v1::CAMPAIGN_STATE_SUBMITTED, v1::CAMPAIGN_STATE_APPROVED,
        v1::CAMPAIGN_STATE_SCHEDULED}},
      {Action::kUpload, "UploadAssignments", {v1::CAMPAIGN_STATE_DRAFT}},
      {Action::kSubmit, "SubmitCampaign", {v1::CAMPAIGN_STATE_DRAFT}},
      {Action::kApprove, "ApproveCampaign", {v1::CAMPAIGN_STATE_SUBMITTED}},
      {Action::kReject, "RejectCampaign", {v1::CAMPAIGN_STATE_SUBMITTED}},
      {Action::kStart, "StartCampaign", {v1::CAMPAIGN_STATE_APPROVED}},
      {Action::kPause, "PauseCampaign", {v1::CAMPAIGN_STATE_RUNNING}},
      {Action::kResume, "ResumeCampaign", {v1::CAMPAIGN_STATE_PAUSED}},
      {Action::kCancel,
       "CancelCampaign",
       {v1::CAMPAIGN_STATE_DRAFT, v1::CAMPAIGN_STATE_SUBMITTED, v1::CAMPAIGN_STATE_APPROVED,
        v1::CAMPAIGN_STATE_SCHEDULED, v1::CAMPAIGN_STATE_RUNNING, v1::CAMPAIGN_STATE_PAUSED}},
      {Action::kProof,
       "SendProof",
       {v1::CAMPAIGN_STATE_DRAFT, v1::CAMPAIGN_STATE_SUBMITTED, v1::CAMPAIGN_STATE_APPROVED,
        v1::CAMPAIGN_STATE_SCHEDULED, v1::CAMPAIGN_STATE_RUNNING, v1::CAMPAIGN_STATE_PAUSED}},
  };
  return *rules;
}

bool Contains(const Rule& rule, v1::CampaignState state) {
  for (v1::CampaignState from : rule.from) {
    if (from == state) return true;
  }
  return false;
}

std::string Canonical(const v1::Campaign& campaign) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    campaign.SerializeToCodedStream(&coded);
  }
  return bytes;
}

}  // namespace

std::string StateName(v1::CampaignState state) {
  return std::string(absl::StripPrefix(v1::CampaignState_Name(state), "CAMPAIGN_STATE_"));
}

absl::Status CheckAllowed(absl::string_view campaign, v1::CampaignState state, Action action) {
  std::vector<std::string> allowed;
  std::string call;
  for (const Rule& rule : Rules()) {
    if (Contains(rule, state)) allowed.emplace_back(rule.call);
    if (rule.action != action) continue;
    if (Contains(rule, state)) return absl::OkStatus();
    call = rule.call;
  }
  const std::string calls = allowed.empty() ? "none" : absl::StrJoin(allowed, ", ");
  return WithDetail(absl::FailedPreconditionError(
                        absl::StrCat("campaign ", Quote(campaign), " is ", StateName(state), ": ",
                                     call, " is not allowed; allowed: ", calls)),
                    {"ILLEGAL_TRANSITION", {{"state", StateName(state)}, {"allowed", calls}}, {}});
}

v1::CampaignState NextState(const v1::Campaign& campaign, Action action, Micros now) {
  switch (action) {
    case Action::kEdit:
    case Action::kReject:
      return v1::CAMPAIGN_STATE_DRAFT;
    case Action::kSubmit:
      return v1::CAMPAIGN_STATE_SUBMITTED;
    case Action::kApprove:
      return v1::CAMPAIGN_STATE_APPROVED;
    case Action::kStart:
      return FirstWaveTime(campaign) > now ? v1::CAMPAIGN_STATE_SCHEDULED
                                           : v1::CAMPAIGN_STATE_RUNNING;
    case Action::kPause:
      return v1::CAMPAIGN_STATE_PAUSED;
    case Action::kResume:
      return v1::CAMPAIGN_STATE_RUNNING;
    case Action::kCancel:
      return v1::CAMPAIGN_STATE_CANCELLED;
    case Action::kUpload:
    case Action::kProof:
      return campaign.state();
  }
  return campaign.state();
}

Micros FirstWaveTime(const v1::Campaign& campaign) {
  if (!campaign.trigger().has_batch() || campaign.trigger().batch().waves().empty()) return 0;
  return campaign.trigger().batch().waves(0).start_time_us();
}

v1::Campaign DefinitionOf(const v1::Campaign& campaign) {
  v1::Campaign definition = campaign;
  definition.clear_state();
  definition.clear_version();
  definition.clear_etag();
  definition.clear_definition_hash();
  definition.clear_author();
  definition.clear_approver();
  definition.clear_create_time_us();
  definition.clear_start_time_us();
  definition.clear_finish_time_us();
  definition.clear_list_upload();
  return definition;
}

std::string DefinitionHash(const v1::Campaign& campaign) {
  v1::Campaign definition = DefinitionOf(campaign);
  definition.clear_display_name();
  definition.clear_objective();
  return Sha256Hex(Canonical(definition));
}

bool IsFinal(v1::CampaignState state) {
  return state == v1::CAMPAIGN_STATE_FINISHED || state == v1::CAMPAIGN_STATE_CANCELLED;
}

}  // namespace dangol::campaign
