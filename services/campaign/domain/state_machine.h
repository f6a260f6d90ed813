// A campaign's life: which call is allowed in which state, and what approval binds.
//
//   draft → submitted → approved → scheduled → running ⇄ paused → finished
//
// and cancelled from every state but finished. An edit of submitted, approved or scheduled leads
// back to draft: approval binds the definition's hash. While running or paused only the words about
// it (display_name, objective) may change.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "dangol/campaign/v1/campaign.pb.h"
#include "libs/base/types.h"

namespace dangol::campaign {

enum class Action {
  kEdit,
  kUpload,
  kSubmit,
  kApprove,
  kReject,
  kStart,
  kPause,
  kResume,
  kCancel,
  kProof,
};

// "RUNNING".
std::string StateName(v1::CampaignState state);

// FAILED_PRECONDITION (ILLEGAL_TRANSITION; metadata state, allowed) naming the calls that `state`
// allows.
absl::Status CheckAllowed(absl::string_view campaign, v1::CampaignState state, Action action);

// The state that an allowed `action` leads to at `now`.
v1::CampaignState NextState(const v1::Campaign& campaign, Action action, Micros now);

// When the first wave may select; 0 for campaigns that have none to wait for.
Micros FirstWaveTime(const v1::Campaign& campaign);

// Only what an author writes: the output-only fields are cleared.
v1::Campaign DefinitionOf(const v1::Campaign& campaign);
// SHA-256 of the definition without display_name and objective, serialised in order of field and
// map key.
std::string DefinitionHash(const v1::Campaign& campaign);

bool IsFinal(v1::CampaignState state);

}  // namespace dangol::campaign
