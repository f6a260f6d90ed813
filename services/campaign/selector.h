// Who is planned to be contacted: batch waves, activity triggers, segment triggers. waves.cc and
// triggers.cc.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "dangol/campaign/v1/campaign.pb.h"
#include "dangol/campaign/v1/state.pb.h"
#include "libs/stream/context.h"
#include "services/campaign/contacts.h"
#include "services/campaign/definitions.h"
#include "services/campaign/records.h"

namespace dangol::event::v1 {
class Activity;
class MembershipChanged;
class Watermark;
}  // namespace dangol::event::v1

namespace dangol::campaign {

// A processor's part: one thread.
class Selector {
 public:
  // Customers looked at in one call.
  static constexpr int kChunk = 2000;

  Selector(const Definitions* definitions, SegmentNumbers* segments, Contacts* contacts)
      : defs_(*definitions), segments_(*segments), contacts_(*contacts) {}

  // The mark of a wave: segmentation has seen everything up to the wave's time. Repeats are
  // ignored.
  void OnWatermark(const event::v1::Watermark& mark, Context& ctx);
  // A campaign's definition changed: waves whose mark came before it begin.
  void OnCampaign(const v1::Campaign& campaign, Context& ctx);
  // The next chunk of a wave; subject "<campaign>/<wave>".
  void OnWaveTimer(absl::string_view subject, Context& ctx);
  // A contact of a wave opened or became final.
  void OnOpen(absl::string_view campaign, absl::string_view wave, int64_t delta, Context& ctx);

  // False: OnActivity of an activity of that unit and time would do nothing.
  bool Awaits(absl::string_view business_unit, Micros occurred, Micros now) const;
  void OnActivity(CustomerId id, const event::v1::Activity& activity, Context& ctx);
  // Updates the customer's memberships, then fires segment triggers.
  void OnMembership(CustomerId id, const event::v1::MembershipChanged& changed, Context& ctx);
  void OnTriggerTimer(const std::string& data, Context& ctx);
  // A trigger that is due, also of a customer that is another one by now.
  void TakeTrigger(v1::TriggerFire fire, Context& ctx);

 private:
  void StartWave(const v1::Campaign& campaign, const std::string& wave, Context& ctx);
  void SelectCustomer(const v1::Campaign& campaign, const std::string& wave, CustomerId id,
                      v1::CustomerRecord* customer, v1::WaveRecord* record, Context& ctx);
  void ReportIfDone(const std::string& campaign, const std::string& wave, v1::WaveRecord* record,
                    Context& ctx);
  void Schedule(const v1::Campaign& campaign, CustomerId id, const std::string& cause, Micros due,
                Context& ctx);
  void Fire(const v1::TriggerFire& fire, Context& ctx);
  void CountSelected(const v1::Campaign& campaign, const std::string& wave,
                     const v1::Audience& audience, const std::string& excluded, Context& ctx);

  const Definitions& defs_;
  SegmentNumbers& segments_;
  Contacts& contacts_;
};

}  // namespace dangol::campaign
