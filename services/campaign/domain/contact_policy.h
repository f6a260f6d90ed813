// May this customer be contacted for this campaign, now? One answer for treated customers and for
// twins, so that both arms' contactable populations compare.
//
// Checks, in the order in which they decide:
//   campaign open     cancelled → CANCELLED
//   do-not-serve      → DO_NOT_SERVE
//   consent           of the channel for the campaign's purpose → NO_CONSENT
//   address           of the channel's kind, as far as profile has told → NO_ADDRESS
//   caps              not of service messages: rolling windows over the contacts of all campaigns
//                     that are none → OVER_CAP
//   membership        what selected the customer still holds → LEFT_SEGMENT, EXCLUDED_SEGMENT
//   freshness         each feed's newest activity is young enough → waits; at the end STALE_FEED
//   in time           within send_within of the plan → TOO_LATE
//   running           paused → parked until resumed
//   night             of purpose marketing: 21:00–08:00 without night consent → waits until 08:00;
//                     a campaign of purpose night marketing has asked for that consent above
//   quiet hours       of the business unit → waits until their end
// Everything else holds for every purpose. A wait that would end after send_within is TOO_LATE at
// once.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "dangol/campaign/v1/campaign.pb.h"
#include "dangol/campaign/v1/state.pb.h"
#include "dangol/common/v1/business_unit.pb.h"
#include "libs/base/types.h"
#include "services/campaign/domain/selection.h"

namespace dangol::campaign {

inline constexpr Micros kDefaultSendWithin = kMicrosPerDay;
inline constexpr Micros kFreshnessRecheck = 15 * kMicrosPerMinute;

struct PolicyInput {
  const v1::Campaign* campaign = nullptr;
  const v1::Channel* channel = nullptr;
  const v1::CustomerRecord* customer = nullptr;
  const common::v1::BusinessUnit* unit = nullptr;  // nullptr: UTC, no quiet hours
  const v1::ContactPolicy* policy = nullptr;       // nullptr: no caps
  bool all_paused = false;
  Standing standing;  // of what selected the customer
  Micros plan_time = 0;
  Micros now = 0;
  uint64_t self = 0;  // RecentContact.contact of this contact: not counted against itself
  // Newest activity heard of from a source; 0: none.
  std::function<Micros(absl::string_view source)> heard;
};

enum class Verdict { kContact, kSuppress, kWait, kPark };

struct Judgement {
  Verdict verdict = Verdict::kContact;
  std::string reason;  // of kSuppress
  Micros until = 0;    // of kWait
  std::vector<v1::CheckMark> checks;
};

Judgement Judge(const PolicyInput& input);

// When the daily window [start, end) (minutes after local midnight, may wrap) that holds `now`
// ends; 0: `now` is outside, or the window is empty.
Micros EndOfWindow(int start_minute, int end_minute, Micros now, absl::TimeZone zone);

bool HasConsent(const v1::CustomerRecord& customer, absl::string_view channel,
                profile::v1::ConsentPurpose purpose);
bool HasAddress(const v1::CustomerRecord& customer, v1::AddressKind kind);
bool DoNotServe(const v1::CustomerRecord& customer, Micros now);

}  // namespace dangol::campaign
