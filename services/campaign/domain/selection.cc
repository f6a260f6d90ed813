#include "services/campaign/domain/selection.h"

#include <algorithm>

#include "libs/base/hash.h"
#include "services/campaign/domain/cells.h"

namespace dangol::campaign {
namespace {

bool Selects(const v1::Audience& audience, const std::string& listed, bool by_list,
             const MemberFn& in) {
  if (by_list && (listed.empty() || FindCell(audience, listed) == nullptr)) return false;
  return audience.segment().empty() || in(audience.segment());
}

}  // namespace

Selection Select(const v1::Campaign& campaign, const v1::CustomerRecord& customer, CustomerId id,
                 const MemberFn& in) {
  const bool by_list = campaign.assignment().has_list();
  const std::string listed = by_list ? ListedCell(campaign, customer) : "";
  for (const v1::Audience& audience : campaign.audiences()) {
    if (!Selects(audience, listed, by_list, in)) continue;
    Selection selection{&audience, nullptr, ""};
    for (const std::string& segment : audience.excluded_segments()) {
      if (in(segment)) selection.excluded = "EXCLUDED_SEGMENT";
    }
    if (campaign.once_per_customer() &&
        std::count(customer.once().begin(), customer.once().end(), Hash64(campaign.name())) > 0) {
      selection.excluded = "ALREADY_CONTACTED";
    }
    if (!selection.excluded.empty()) return selection;
    selection.cell = by_list ? FindCell(audience, listed) : CellByHash(campaign, audience, id);
    return selection;
  }
  return {};
}

Standing StillSelected(const v1::Campaign& campaign, const v1::Audience& audience,
                       const MemberFn& in) {
  if (campaign.trigger().has_segment()) {
    const v1::SegmentTrigger& trigger = campaign.trigger().segment();
    if (in(trigger.segment()) == trigger.on_leave()) return {"LEFT_SEGMENT", trigger.segment()};
  }
  if (!audience.segment().empty() && !in(audience.segment())) {
    return {"LEFT_SEGMENT", audience.segment()};
  }
  for (const std::string& segment : audience.excluded_segments()) {
    if (in(segment)) return {"EXCLUDED_SEGMENT", segment};
  }
  return {"", audience.segment()};
}

std::string ListedCell(const v1::Campaign& campaign, const v1::CustomerRecord& customer) {
  const uint64_t name = Hash64(campaign.name());
  for (const v1::ListRow& row : customer.list_rows()) {
    if (row.campaign() == name && row.upload_id() == campaign.list_upload().upload_id()) {
      return row.cell();
    }
  }
  return "";
}

std::string ActivityKind(const event::v1::Activity& activity) {
  switch (activity.kind_case()) {
    case event::v1::Activity::kPurchase:
      return "purchase";
    case event::v1::Activity::kReturn:
      return "return";
    case event::v1::Activity::kVisit:
      return "visit";
    case event::v1::Activity::kWebEvent:
      return activity.web_event().event();
    case event::v1::Activity::kDelivery:
      return "delivery";
    case event::v1::Activity::kInquiry:
      return "inquiry";
    case event::v1::Activity::kComplaint:
      return "complaint";
    case event::v1::Activity::kPointEntry:
      return "point_entry";
    case event::v1::Activity::kSurveyAnswer:
      return "survey_answer";
    case event::v1::Activity::KIND_NOT_SET:
      break;
  }
  return "";
}

bool MayFire(const v1::Campaign& campaign, absl::string_view business_unit, Micros occurred,
             Micros now) {
  if (!campaign.trigger().has_activity()) return false;
  const v1::ActivityTrigger& trigger = campaign.trigger().activity();
  const Micros fresh = trigger.fresh_within_us() > 0 ? trigger.fresh_within_us() : kMicrosPerHour;
  return business_unit == campaign.business_unit() && now - occurred <= fresh;
}

bool Fires(const v1::Campaign& campaign, const event::v1::Activity& activity, Micros now) {
  if (!MayFire(campaign, activity.business_unit(), activity.occurred_time_us(), now)) return false;
  const v1::ActivityTrigger& trigger = campaign.trigger().activity();
  if (ActivityKind(activity) != trigger.activity_kind()) return false;
  return trigger.min_net_minor() == 0 || activity.purchase().net_minor() >= trigger.min_net_minor();
}

const v1::Audience* FindAudience(const v1::Campaign& campaign, absl::string_view name) {
  for (const v1::Audience& audience : campaign.audiences()) {
    if (audience.name() == name) return &audience;
  }
  return nullptr;
}

}  // namespace dangol::campaign
