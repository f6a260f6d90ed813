// Event-triggered campaigns: an activity, or entering or leaving a segment.
//
// A trigger's contact id derives from the activity's message id, or from the segment and the
// customer's membership sequence, so that the same occasion is one contact. Memberships are judged
// as they are known when the trigger is due: an audience whose segment the same activity changes
// needs a delay, or a segment trigger.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dangol/campaign/v1/command.pb.h"
#include "dangol/event/v1/activity.pb.h"
#include "dangol/event/v1/segment.pb.h"
#include "libs/base/names.h"
#include "libs/stream/merge.h"
#include "services/campaign/domain/contact_id.h"
#include "services/campaign/domain/selection.h"
#include "services/campaign/keys.h"
#include "services/campaign/selector.h"

namespace dangol::campaign {
namespace {

constexpr char kTriggerWave[] = "trigger";

bool Listens(const v1::Campaign& campaign) {
  return campaign.state() == v1::CAMPAIGN_STATE_RUNNING ||
         campaign.state() == v1::CAMPAIGN_STATE_PAUSED;
}

}  // namespace

bool Selector::Awaits(absl::string_view business_unit, Micros occurred, Micros now) const {
  const auto& campaigns = defs_.campaigns();
  return std::any_of(campaigns.begin(), campaigns.end(), [&](const auto& named) {
    return Listens(named.second) && MayFire(named.second, business_unit, occurred, now);
  });
}

void Selector::OnActivity(CustomerId id, const event::v1::Activity& activity, Context& ctx) {
  for (const auto& [name, campaign] : defs_.campaigns()) {
    if (!Listens(campaign) || !Fires(campaign, activity, ctx.now())) continue;
    const Micros due = activity.occurred_time_us() + campaign.trigger().activity().delay_us();
    Schedule(campaign, id, absl::StrCat(activity.source(), "/", activity.message_id()), due, ctx);
  }
}

void Selector::OnMembership(CustomerId id, const event::v1::MembershipChanged& changed,
                            Context& ctx) {
  v1::CustomerRecord customer;
  LoadCustomer(ctx, id, &customer);
  bool dirty = false;
  for (const event::v1::MembershipChange& change : changed.changes()) {
    dirty |= SetMember(segments_.NumberOf(change.segment(), ctx), change.entered(), &customer);
  }
  if (dirty) SaveCustomer(ctx, id, customer);
  for (const event::v1::MembershipChange& change : changed.changes()) {
    // A segment that was created or redefined, or two customers who are one: nothing happened.
    if (change.cause() == event::v1::MEMBERSHIP_CAUSE_DEFINITION ||
        change.cause() == event::v1::MEMBERSHIP_CAUSE_MERGE) {
      continue;
    }
    for (const auto& [name, campaign] : defs_.campaigns()) {
      if (!Listens(campaign) || !campaign.trigger().has_segment()) continue;
      const v1::SegmentTrigger& trigger = campaign.trigger().segment();
      if (trigger.segment() != change.segment() || trigger.on_leave() == change.entered()) continue;
      Schedule(campaign, id, absl::StrCat(change.segment(), "/", changed.sequence()),
               change.time_us() + trigger.delay_us(), ctx);
    }
  }
}

void Selector::Schedule(const v1::Campaign& campaign, CustomerId id, const std::string& cause,
                        Micros due, Context& ctx) {
  v1::TriggerFire fire;
  fire.set_customer_id(id);
  fire.set_campaign(campaign.name());
  fire.set_cause(cause);
  fire.set_due_time_us(std::max(due, ctx.now()));
  fire.set_hops(ctx.hops());
  if (due <= ctx.now()) return Fire(fire, ctx);
  const std::string raw = RawContactId(MakeContactId(campaign.name(), cause, id));
  ctx.Put(Table::kIndex, TriggerKey(id, raw), "1");
  ctx.SetTimer({kTriggerTimer, raw, due, fire.SerializeAsString()});
}

void Selector::OnTriggerTimer(const std::string& data, Context& ctx) {
  v1::TriggerFire fire;
  if (!fire.ParseFromString(data)) return;
  const std::string id = MakeContactId(fire.campaign(), fire.cause(), fire.customer_id());
  ctx.Delete(Table::kIndex, TriggerKey(fire.customer_id(), RawContactId(id)));
  TakeTrigger(std::move(fire), ctx);
}

void Selector::TakeTrigger(v1::TriggerFire fire, Context& ctx) {
  const auto into = MergedInto(ctx, fire.customer_id());
  if (!into.has_value()) {
    if (!IsErased(ctx, fire.customer_id())) Fire(fire, ctx);
    return;
  }
  const v1::Campaign* campaign = defs_.campaign(fire.campaign());
  if (campaign != nullptr && campaign->trigger().has_segment()) {
    // The other customer counts its moves from 1, too.
    fire.set_cause(absl::StrCat(fire.cause(), "/", CustomerName(fire.customer_id())));
  }
  fire.set_customer_id(*into);
  v1::Internal message;
  *message.mutable_trigger() = std::move(fire);
  SendInternal(*into, message, ctx);
}

void Selector::Fire(const v1::TriggerFire& fire, Context& ctx) {
  const v1::Campaign* campaign = defs_.campaign(fire.campaign());
  if (campaign == nullptr || !Listens(*campaign)) return;
  v1::CustomerRecord customer;
  LoadCustomer(ctx, fire.customer_id(), &customer);
  const Selection selection =
      Select(*campaign, customer, fire.customer_id(),
             [&](absl::string_view segment) { return segments_.IsMember(customer, segment); });
  if (selection.audience == nullptr) return;
  CountSelected(*campaign, kTriggerWave, *selection.audience, selection.excluded, ctx);
  if (selection.cell == nullptr) return;
  const bool paused = campaign->state() == v1::CAMPAIGN_STATE_PAUSED || defs_.all_paused();
  // A chain through a timer keeps its length: hops of the event, not of the timer.
  const Contacts::Plan plan{campaign,
                            selection.audience,
                            selection.cell,
                            kTriggerWave,
                            fire.cause(),
                            ctx.now(),
                            std::max(fire.hops(), ctx.hops()),
                            paused ? "PAUSED" : ""};
  if (contacts_.Make(plan, fire.customer_id(), &customer, ctx)) {
    SaveCustomer(ctx, fire.customer_id(), customer);
  }
}

}  // namespace dangol::campaign
