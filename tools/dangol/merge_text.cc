// Merges and erasures as text.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "tools/dangol/customer_text.h"
#include "tools/dangol/text.h"

namespace dangol::cli {
namespace {

std::string StateName(profile::v1::MergeState state) {
  return profile::v1::MergeState_Name(state).substr(sizeof("MERGE_STATE"));
}

std::string StateName(profile::v1::ErasureState state) {
  return profile::v1::ErasureState_Name(state).substr(sizeof("ERASURE_STATE"));
}

std::string EvidenceText(const profile::v1::MergeEvidence& evidence) {
  common::v1::CustomerRef ref;
  *ref.mutable_identifier() = evidence.identifier();
  return absl::StrCat(RefText(ref), " (",
                      evidence.tier() == profile::v1::EVIDENCE_TIER_STRONG ? "strong" : "weak",
                      ")");
}

}  // namespace

std::vector<std::string> MergeRow(const profile::v1::Merge& merge) {
  std::vector<std::string> evidence;
  for (const auto& one : merge.evidence()) evidence.push_back(EvidenceText(one));
  const Micros since =
      merge.decide_time_us() != 0 ? merge.decide_time_us() : merge.create_time_us();
  return {merge.name(),    StateName(merge.state()), absl::StrJoin(evidence, ", "),
          TimeText(since), merge.decided_by(),       merge.reason()};
}

std::string MergeText(const profile::v1::Merge& merge) {
  std::string out = absl::StrCat(merge.name(), ": ", StateName(merge.state()), "\n  ", merge.from(),
                                 " into ", merge.into(), "\n");
  for (const auto& evidence : merge.evidence()) {
    absl::StrAppend(&out, "  ", EvidenceText(evidence), " from ", evidence.source(), " at ",
                    TimeText(evidence.time_us()), "\n");
  }
  if (merge.decide_time_us() != 0) {
    absl::StrAppend(&out, "  decided at ", TimeText(merge.decide_time_us()), " by ",
                    merge.decided_by().empty() ? "strong evidence" : merge.decided_by(),
                    merge.reason().empty() ? "" : ": ", merge.reason(), "\n");
  }
  if (!merge.reissued().empty()) {
    absl::StrAppend(&out, "  the customer merged away is now ", merge.reissued(), "\n");
  }
  return out;
}

std::vector<std::string> ErasureRow(const profile::v1::Erasure& erasure) {
  return {erasure.name(),         StateName(erasure.state()), TimeText(erasure.request_time_us()),
          erasure.requested_by(), erasure.reason(),           TimeText(erasure.complete_time_us())};
}

std::string ErasureText(const profile::v1::Erasure& erasure) {
  std::string out =
      absl::StrCat(erasure.name(), ": ", StateName(erasure.state()), "\n  ", erasure.customer(),
                   " and ", erasure.merged_size(), " merged into it, record ",
                   erasure.record_hash(), "\n  asked for at ", TimeText(erasure.request_time_us()),
                   " by ", erasure.requested_by(), ": ", erasure.reason(), "\n");
  for (const auto& removal : erasure.removals()) {
    absl::StrAppend(&out, "  ", removal.service(), " removed ", removal.customer(), " at ",
                    TimeText(removal.time_us()), "\n");
  }
  for (const auto& expiry : erasure.expiries()) {
    absl::StrAppend(&out, "  ", expiry.name(), " is free of it by ", TimeText(expiry.time_us()),
                    "\n");
  }
  return out;
}

}  // namespace dangol::cli
