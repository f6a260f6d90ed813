// Which watermarks a campaign's waves need.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/base/types.h"

namespace dangol::campaign::v1 {
class Campaign;
}
namespace dangol::profile::v1 {
class WaveMarks;
}

namespace dangol::profile {

struct MarkPlan {
  struct Set {
    std::string subject;  // "campaigns/{campaign}/waves/{wave}"
    Micros at = 0;        // max(wave start, campaign start)
  };
  std::vector<Set> set;
  std::vector<std::string> cancel;  // subjects
  bool changed = false;             // `marks` was; empty marks may be forgotten
};

// Each wave of a campaign that runs gets one mark per version and time; one that no longer runs, or
// lists the wave no more, has its marks cancelled. Updates `marks`, the campaign's as stored. A
// definition older than the stored one changes nothing.
MarkPlan PlanMarks(const campaign::v1::Campaign& campaign, bool deleted, v1::WaveMarks* marks);

std::string WaveSubject(absl::string_view campaign, absl::string_view wave);

}  // namespace dangol::profile
