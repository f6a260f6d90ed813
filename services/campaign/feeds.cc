#include "services/campaign/feeds.h"

#include "dangol/campaign/v1/command.pb.h"
#include "libs/stream/emit.h"
#include "services/campaign/domain/state_machine.h"
#include "services/campaign/keys.h"

namespace dangol::campaign {

Micros LastHeard(StateView& state, absl::string_view source) {
  const std::string* bytes = state.Get(Table::kShared, HeardKey(source));
  return bytes == nullptr ? 0 : static_cast<Micros>(DecodeKey(*bytes));
}

void Feeds::OnActivity(absl::string_view source, Micros occurred, Context& ctx) {
  if (Note(source, occurred, ctx) && HasGate(source)) TellSoon(source, ctx);
}

void Feeds::OnCampaign(const v1::Campaign& campaign, Context& ctx) {
  if (IsFinal(campaign.state())) return;
  for (const v1::FreshnessGate& gate : campaign.freshness()) {
    if (LastHeard(ctx, gate.source()) != 0) TellSoon(gate.source(), ctx);
  }
}

void Feeds::Take(const v1::Heard& heard, Context& ctx) {
  const bool newer = Note(heard.source(), heard.time_us(), ctx);
  if (newer && ctx.scope().partition == 0) TellSoon(heard.source(), ctx);
}

void Feeds::Tell(const std::string& source, Context& ctx) {
  ctx.Delete(Table::kShared, TellKey(source));
  v1::Internal message;
  message.mutable_heard()->set_source(source);
  message.mutable_heard()->set_time_us(LastHeard(ctx, source));
  const std::string body = message.SerializeAsString();
  if (ctx.scope().partition != 0) return EmitInternal(ctx, 0, body);
  for (uint32_t p = 1; p < ctx.partitions(); ++p) {
    EmitInternal(ctx, static_cast<Partition>(p), body);
  }
}

bool Feeds::HasGate(absl::string_view source) const {
  for (const auto& [name, campaign] : defs_.campaigns()) {
    if (IsFinal(campaign.state())) continue;
    for (const v1::FreshnessGate& gate : campaign.freshness()) {
      if (gate.source() == source) return true;
    }
  }
  return false;
}

bool Feeds::Note(absl::string_view source, Micros time, Context& ctx) {
  const Micros last = LastHeard(ctx, source);
  if (time <= 0 || (last != 0 && time < last + kMicrosPerSecond)) return false;
  ctx.Put(Table::kShared, HeardKey(source), EncodeKey(static_cast<uint64_t>(time)));
  return true;
}

void Feeds::TellSoon(absl::string_view source, Context& ctx) {
  // One that is set stays: moved by every activity, it would never fire.
  if (ctx.partitions() == 1 || ctx.Get(Table::kShared, TellKey(source)) != nullptr) return;
  ctx.Put(Table::kShared, TellKey(source), "1");
  ctx.SetTimer({kHeardTimer, std::string(source), ctx.now() + kMicrosPerMinute, ""});
}

}  // namespace dangol::campaign
