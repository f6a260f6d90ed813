#include "services/profile/domain/wave_marks.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dangol/campaign/v1/campaign.pb.h"
#include "dangol/profile/v1/state.pb.h"

namespace dangol::profile {
namespace {

v1::WaveMarks MarksOf(const campaign::v1::Campaign& campaign, bool deleted) {
  v1::WaveMarks marks;
  marks.set_version(campaign.version());
  if (deleted || campaign.state() != campaign::v1::CAMPAIGN_STATE_RUNNING) return marks;
  for (const campaign::v1::Wave& wave : campaign.trigger().batch().waves()) {
    v1::WaveMark* mark = marks.add_marks();
    mark->set_wave(wave.name());
    mark->set_wave_time_us(std::max(wave.start_time_us(), campaign.start_time_us()));
  }
  return marks;
}

bool Lists(const v1::WaveMarks& marks, const v1::WaveMark& mark, bool same_time) {
  return std::any_of(marks.marks().begin(), marks.marks().end(), [&](const v1::WaveMark& m) {
    return m.wave() == mark.wave() && (!same_time || m.wave_time_us() == mark.wave_time_us());
  });
}

}  // namespace

std::string WaveSubject(absl::string_view campaign, absl::string_view wave) {
  return absl::StrCat("campaigns/", campaign, "/waves/", wave);
}

MarkPlan PlanMarks(const campaign::v1::Campaign& campaign, bool deleted, v1::WaveMarks* marks) {
  MarkPlan plan;
  if (campaign.version() < marks->version()) return plan;
  v1::WaveMarks next = MarksOf(campaign, deleted);
  const bool same_version = next.version() == marks->version();
  for (const v1::WaveMark& mark : next.marks()) {
    if (same_version && Lists(*marks, mark, true)) continue;
    plan.set.push_back({WaveSubject(campaign.name(), mark.wave()), mark.wave_time_us()});
  }
  for (const v1::WaveMark& mark : marks->marks()) {
    if (!Lists(next, mark, false)) plan.cancel.push_back(WaveSubject(campaign.name(), mark.wave()));
  }
  plan.changed = marks->SerializeAsString() != next.SerializeAsString();
  *marks = std::move(next);
  return plan;
}

}  // namespace dangol::profile
