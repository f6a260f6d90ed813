// Keys of the service's tables, and timers' kinds.
#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "libs/base/types.h"

namespace dangol::campaign {

// Table shared. Names hold no '/'.
inline constexpr char kPauseAllKey[] = "pause_all";
inline constexpr char kCampaignKind[] = "campaign";
inline constexpr char kChannelKind[] = "channel";
inline constexpr char kPolicyKind[] = "contact-policy";

inline std::string DefKey(absl::string_view kind, absl::string_view name) {
  return absl::StrCat("def/", kind, "/", name);
}
inline std::string WaveKey(absl::string_view campaign, absl::string_view wave) {
  return absl::StrCat("wave/", campaign, "/", wave);
}
inline std::string PartsKey(absl::string_view campaign, absl::string_view wave) {
  return absl::StrCat("parts/", campaign, "/", wave);
}
inline std::string CountPrefix(absl::string_view campaign) {
  return absl::StrCat("count/", campaign, "/");
}
inline std::string CountKey(absl::string_view campaign, absl::string_view wave,
                            absl::string_view audience, absl::string_view cell) {
  return absl::StrCat("count/", campaign, "/", wave, "/", audience, "/", cell);
}
inline std::string PaceKey(absl::string_view channel) { return absl::StrCat("pace/", channel); }
inline std::string QueueKey(absl::string_view channel, uint64_t n) {
  return absl::StrCat("queue/", channel, "/", EncodeKey(n));
}
inline std::string ParkKey(absl::string_view raw_contact_id) {
  return absl::StrCat("park/", raw_contact_id);
}
inline std::string HeardKey(absl::string_view source) { return absl::StrCat("heard/", source); }
// There while a kHeardTimer of the source is set.
inline std::string TellKey(absl::string_view source) { return absl::StrCat("tell/", source); }
inline std::string SegmentNumberKey(absl::string_view segment) {
  return absl::StrCat("segment/", segment);
}
inline std::string AuditPrefix(absl::string_view campaign) {
  return absl::StrCat("audit/", campaign, "/");
}

// Table index.
inline std::string ContactKey(absl::string_view raw_contact_id) {
  return absl::StrCat("c", raw_contact_id);
}
inline std::string HistoryKey(CustomerId customer, absl::string_view raw_contact_id) {
  return absl::StrCat("h", EncodeKey(customer), raw_contact_id);
}
// One for each trigger timer of a customer.
inline std::string TriggerKey(CustomerId customer, absl::string_view raw_contact_id) {
  return absl::StrCat("t", EncodeKey(customer), raw_contact_id);
}

// Part of stored timers: never renumber.
enum TimerKind : uint32_t {
  kWaveTimer = 1,     // subject "<campaign>/<wave>": the next chunk of selection
  kTriggerTimer = 2,  // subject raw contact id, data TriggerFire
  kContactTimer = 3,  // subject raw contact id: judge it again
  kUnparkTimer = 4,   // subject raw prefix, data cursor
  kSweepTimer = 5,    // subject campaign, data cursor
  kDrainTimer = 6,    // subject channel
  kStartTimer = 7,    // subject campaign, partition 0
  kHeardTimer = 8,    // subject source: tell the other partitions of it
};

}  // namespace dangol::campaign
