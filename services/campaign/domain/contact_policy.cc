#include "services/campaign/domain/contact_policy.h"

#include <algorithm>
#include <utility>

#include "libs/base/calendar.h"

namespace dangol::campaign {
namespace {

constexpr int kNightStart = 21 * 60;
constexpr int kNightEnd = 8 * 60;

// Collects checks; the first that fails decides.
class Panel {
 public:
  explicit Panel(const PolicyInput& input) : in_(input) {}

  // Records a check. A failed one decides unless an earlier one did.
  void Add(v1::CheckKind kind, bool passed, Judgement otherwise, int64_t value = 0,
           int64_t limit = 0, absl::string_view subject = "") {
    v1::CheckMark mark;
    mark.set_kind(kind);
    mark.set_passed(passed);
    mark.set_value(value);
    mark.set_limit(limit);
    mark.set_subject(std::string(subject));
    checks_.push_back(std::move(mark));
    if (passed || decided_) return;
    decided_ = true;
    result_ = std::move(otherwise);
  }

  static Judgement Suppress(std::string reason) {
    return {Verdict::kSuppress, std::move(reason), 0, {}};
  }

  // Waiting beyond the deadline is TOO_LATE.
  Judgement WaitUntil(Micros until) const {
    if (until > Deadline()) return Suppress("TOO_LATE");
    return {Verdict::kWait, "", until, {}};
  }

  Micros Deadline() const {
    const Micros within = in_.campaign->send_within_us();
    return in_.plan_time + (within > 0 ? within : kDefaultSendWithin);
  }

  Judgement Finish() {
    result_.checks = std::move(checks_);
    return std::move(result_);
  }

 private:
  const PolicyInput& in_;
  bool decided_ = false;
  Judgement result_;
  std::vector<v1::CheckMark> checks_;
};

void CheckCustomer(const PolicyInput& in, Panel* panel) {
  panel->Add(v1::CHECK_KIND_CAMPAIGN_OPEN, in.campaign->state() != v1::CAMPAIGN_STATE_CANCELLED,
             Panel::Suppress("CANCELLED"), in.campaign->state());
  panel->Add(v1::CHECK_KIND_DO_NOT_SERVE, !DoNotServe(*in.customer, in.now),
             Panel::Suppress("DO_NOT_SERVE"));
  panel->Add(v1::CHECK_KIND_CONSENT,
             HasConsent(*in.customer, in.channel->consent_channel(), in.campaign->purpose()),
             Panel::Suppress("NO_CONSENT"), in.campaign->purpose(), 0,
             in.channel->consent_channel());
  panel->Add(v1::CHECK_KIND_ADDRESS, HasAddress(*in.customer, in.channel->address()),
             Panel::Suppress("NO_ADDRESS"), in.channel->address());
}

void CheckCaps(const PolicyInput& in, Panel* panel) {
  if (in.policy == nullptr || in.campaign->purpose() == profile::v1::CONSENT_PURPOSE_SERVICE) {
    return;
  }
  for (const v1::ContactCap& cap : in.policy->caps()) {
    if (!cap.channel().empty() && cap.channel() != in.channel->consent_channel()) continue;
    int64_t made = 0;
    for (const v1::RecentContact& recent : in.customer->recent()) {
      made += recent.time_us() > in.now - cap.window_us() && recent.contact() != in.self &&
              (cap.channel().empty() || recent.channel() == cap.channel());
    }
    panel->Add(v1::CHECK_KIND_CAP, made < cap.count(), Panel::Suppress("OVER_CAP"), made,
               cap.count(), FormatDuration(cap.window_us()));
  }
}

void CheckFreshness(const PolicyInput& in, Panel* panel) {
  for (const v1::FreshnessGate& gate : in.campaign->freshness()) {
    const Micros heard = in.heard ? in.heard(gate.source()) : 0;
    const bool last_look = in.now >= panel->Deadline();
    Judgement otherwise =
        last_look ? Panel::Suppress("STALE_FEED")
                  : panel->WaitUntil(std::min(in.now + kFreshnessRecheck, panel->Deadline()));
    panel->Add(v1::CHECK_KIND_FRESHNESS, heard >= in.now - gate.max_age_us(), std::move(otherwise),
               heard, gate.max_age_us(), gate.source());
  }
}

absl::TimeZone ZoneOf(const PolicyInput& in) {
  for (const std::string& name :
       {in.customer->time_zone(), in.unit != nullptr ? in.unit->time_zone() : std::string()}) {
    if (name.empty()) continue;
    if (auto zone = LoadZone(name); zone.ok()) return *zone;
  }
  return absl::UTCTimeZone();
}

void CheckHours(const PolicyInput& in, Panel* panel) {
  const absl::TimeZone zone = ZoneOf(in);
  if (in.campaign->purpose() == profile::v1::CONSENT_PURPOSE_MARKETING) {
    const Micros end = EndOfWindow(kNightStart, kNightEnd, in.now, zone);
    const bool allowed = end == 0 || HasConsent(*in.customer, in.channel->consent_channel(),
                                                profile::v1::CONSENT_PURPOSE_NIGHT_MARKETING);
    panel->Add(v1::CHECK_KIND_NIGHT, allowed, panel->WaitUntil(end), end, 0,
               in.channel->consent_channel());
  }
  if (in.unit == nullptr) return;
  const Micros end = EndOfWindow(in.unit->quiet_hours().start_minute(),
                                 in.unit->quiet_hours().end_minute(), in.now, zone);
  panel->Add(v1::CHECK_KIND_QUIET_HOURS, end == 0, panel->WaitUntil(end), end, 0, zone.name());
}

}  // namespace

Judgement Judge(const PolicyInput& in) {
  Panel panel(in);
  CheckCustomer(in, &panel);
  CheckCaps(in, &panel);
  panel.Add(v1::CHECK_KIND_MEMBERSHIP, in.standing.lost.empty(), Panel::Suppress(in.standing.lost),
            in.standing.lost == "EXCLUDED_SEGMENT", 0, in.standing.segment);
  CheckFreshness(in, &panel);
  panel.Add(v1::CHECK_KIND_IN_TIME, in.now <= panel.Deadline(), Panel::Suppress("TOO_LATE"), in.now,
            panel.Deadline());
  const bool running = in.campaign->state() == v1::CAMPAIGN_STATE_RUNNING && !in.all_paused;
  panel.Add(v1::CHECK_KIND_CAMPAIGN_OPEN, running, {Verdict::kPark, "", 0, {}},
            in.campaign->state(), in.all_paused, "running");
  CheckHours(in, &panel);
  return panel.Finish();
}

Micros EndOfWindow(int start_minute, int end_minute, Micros now, absl::TimeZone zone) {
  if (start_minute == end_minute) return 0;
  const absl::CivilMinute local = absl::ToCivilMinute(absl::FromUnixMicros(now), zone);
  const int minute = static_cast<int>(local.hour()) * 60 + local.minute();
  const bool wraps = start_minute > end_minute;
  const bool inside = wraps ? (minute >= start_minute || minute < end_minute)
                            : (minute >= start_minute && minute < end_minute);
  if (!inside) return 0;
  absl::CivilDay day(local);
  if (minute >= end_minute) ++day;
  const absl::Time end = absl::FromCivil(absl::CivilMinute(day) + end_minute, zone);
  // Where the clock is put back the same local minute comes twice; time must still move on.
  return std::max(absl::ToUnixMicros(end), now + kMicrosPerMinute);
}

bool HasConsent(const v1::CustomerRecord& customer, absl::string_view channel,
                profile::v1::ConsentPurpose purpose) {
  for (const v1::ConsentMark& mark : customer.consents()) {
    if (mark.purpose() == purpose && mark.channel() == channel) return mark.granted();
  }
  return false;
}

bool HasAddress(const v1::CustomerRecord& customer, v1::AddressKind kind) {
  if (!customer.has_addresses()) return true;  // not known: found out by the attempt
  switch (kind) {
    case v1::ADDRESS_KIND_EMAIL:
      return customer.addresses().email();
    case v1::ADDRESS_KIND_PHONE:
      return customer.addresses().phone();
    case v1::ADDRESS_KIND_USER_ID:
      return customer.addresses().user_id();
    default:
      return true;
  }
}

bool DoNotServe(const v1::CustomerRecord& customer, Micros now) {
  const profile::v1::Restriction& r = customer.restriction();
  return r.do_not_serve() && (r.until_time_us() == 0 || r.until_time_us() > now);
}

}  // namespace dangol::campaign
