#include "libs/stream/effect_ledger.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace dangol {
namespace {

constexpr size_t kHeaderBytes = 17;  // state, attempt, length of the channel

}  // namespace

std::string EncodeEffectRow(EffectState state, const Effect& effect) {
  return absl::StrCat(std::string(1, static_cast<char>(state)),
                      EncodeKey(static_cast<uint64_t>(effect.attempt)),
                      EncodeKey(effect.channel.size()), effect.channel, effect.payload);
}

bool IsEffectRow(absl::string_view value) {
  if (value.size() < kHeaderBytes) return false;
  const EffectRow row = DecodeEffectRow("", value);
  return DecodeKey(value.substr(9, 8)) <= value.size() - kHeaderBytes && row.effect.attempt >= 1 &&
         (row.state == EffectState::kRequested || row.state == EffectState::kSettled);
}

EffectRow DecodeEffectRow(absl::string_view id, absl::string_view value) {
  EffectRow row;
  row.effect.id = std::string(id);
  if (value.size() < kHeaderBytes)
    return row;  // cut short: requested, of no channel, so that it fails
  row.state = static_cast<EffectState>(value[0]);
  row.effect.attempt = static_cast<int32_t>(DecodeKey(value.substr(1, 8)));
  const size_t channel =
      std::min<size_t>(DecodeKey(value.substr(9, 8)), value.size() - kHeaderBytes);
  row.effect.channel = std::string(value.substr(kHeaderBytes, channel));
  row.effect.payload = std::string(value.substr(kHeaderBytes + channel));
  return row;
}

bool AwaitsOutcome(State& state, absl::string_view id, int32_t attempt) {
  const std::string* value = state.Get(Table::kEffect, id);
  if (value == nullptr) return false;
  const EffectRow row = DecodeEffectRow(id, *value);
  return row.state == EffectState::kRequested && row.effect.attempt == attempt;
}

std::vector<Effect> RequestedEffects(State& state) {
  std::vector<Effect> effects;
  state.Scan(Table::kEffect, "", [&](absl::string_view id, absl::string_view value) {
    EffectRow row = DecodeEffectRow(id, value);
    if (row.state == EffectState::kRequested) effects.push_back(std::move(row.effect));
    return true;
  });
  return effects;
}

}  // namespace dangol
