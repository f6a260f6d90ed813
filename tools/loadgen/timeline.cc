#include "tools/loadgen/timeline.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "dangol/campaign/v1/campaign.pb.h"
#include "dangol/common/v1/business_unit.pb.h"
#include "tools/client/call.h"

namespace dangol::loadgen {
namespace {

constexpr Micros kPatience = 10 * kMicrosPerMinute;

Micros Multiply(Micros value, Micros by, Micros of) {
  return static_cast<Micros>(static_cast<double>(value) * static_cast<double>(by) /
                             static_cast<double>(of));
}

// Marketing keeps the night: a zone in which the day has hours left.
std::string ZoneOfNoon(Micros now) {
  const int64_t ahead = 12 - now / kMicrosPerHour % 24;
  if (ahead == 0) return "UTC";
  return absl::StrCat("Etc/GMT", ahead > 0 ? "-" : "+", std::abs(ahead));  // POSIX: west counts
}

}  // namespace

absl::Status VirtualTimeline::RunTo(Micros season) {
  stream::v1::AdvanceClockRequest request;
  request.set_to_time_us(season);
  stream::v1::AdvanceClockResponse response;
  return client::Retrying(kPatience, [&](grpc::ClientContext* context) {
    return connection_.clock->AdvanceClock(context, request, &response);
  });
}

Micros LiveTimeline::Scaled(Micros length) const {
  return length <= 0 ? length : std::max<Micros>(1, Multiply(length, day_, kMicrosPerDay));
}

Micros LiveTimeline::ToServer(Micros season) const {
  return season < start_ ? season : began_ + Multiply(season - start_, day_, kMicrosPerDay);
}

Micros LiveTimeline::ToSeason(Micros server) const {
  return server < began_ ? server : start_ + Multiply(server - began_, kMicrosPerDay, day_);
}

absl::Status LiveTimeline::RunTo(Micros season) {
  const Micros left = ToServer(season) - clock_.Now();
  if (left > 0) absl::SleepFor(absl::Microseconds(left));
  return absl::OkStatus();
}

void LiveTimeline::Adapt(client::Resource* resource) const {
  if (auto* unit = dynamic_cast<common::v1::BusinessUnit*>(resource->message.get())) {
    unit->set_time_zone(ZoneOfNoon(clock_.Now()));
  } else if (auto* policy = dynamic_cast<campaign::v1::ContactPolicy*>(resource->message.get())) {
    for (auto& cap : *policy->mutable_caps()) cap.set_window_us(Scaled(cap.window_us()));
  } else if (auto* c = dynamic_cast<campaign::v1::Campaign*>(resource->message.get())) {
    c->set_response_window_us(Scaled(c->response_window_us()));
    if (c->trigger().has_activity()) {
      auto* activity = c->mutable_trigger()->mutable_activity();
      activity->set_delay_us(Scaled(activity->delay_us()));
    }
    if (!c->trigger().has_batch()) return;
    for (auto& wave : *c->mutable_trigger()->mutable_batch()->mutable_waves()) {
      if (wave.start_time_us() == 0) continue;
      wave.set_start_time_us(ToServer(start_ + wave_day_ * kMicrosPerDay));
    }
  }
}

}  // namespace dangol::loadgen
