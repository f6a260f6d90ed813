#include "services/campaign/definitions.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "dangol/event/v1/definition.pb.h"
#include "dangol/offer/v1/offer.pb.h"
#include "services/campaign/keys.h"
#include "services/campaign/records.h"

namespace dangol::campaign {
namespace {

constexpr Micros kRememberAtLeast = 30 * kMicrosPerDay;

template <typename Fn>
void ForEach(StateView& state, absl::string_view kind, const Fn& fn) {
  const std::string prefix = DefKey(kind, "");
  state.Scan(Table::kShared, prefix, [&](absl::string_view key, absl::string_view value) {
    if (!absl::StartsWith(key, prefix)) return false;
    fn(std::string(key.substr(prefix.size())), value);
    return true;
  });
}

template <typename Message>
void LoadAll(StateView& state, absl::string_view kind,
             std::map<std::string, Message, std::less<>>* out) {
  out->clear();
  ForEach(state, kind, [&](std::string name, absl::string_view value) {
    (*out)[std::move(name)].ParseFromArray(value.data(), static_cast<int>(value.size()));
  });
}

template <typename Map>
auto Find(const Map& map, absl::string_view name) -> decltype(&map.begin()->second) {
  const auto it = map.find(std::string(name));
  return it == map.end() ? nullptr : &it->second;
}

// Keeps `value` in table and cache. False: older than what is there (partition 0 writes its own
// definitions before it reads them here).
template <typename Message>
bool Keep(absl::string_view kind, const Message& value, bool deleted, Context& ctx,
          std::map<std::string, Message, std::less<>>* cache) {
  const std::string key = DefKey(kind, value.name());
  Message known;
  if (Load(ctx, Table::kShared, key, &known) && known.version() > value.version()) return false;
  if (deleted) {
    ctx.Delete(Table::kShared, key);
    cache->erase(value.name());
    return false;
  }
  StoreRecord(ctx, Table::kShared, key, value);
  (*cache)[value.name()] = value;
  return true;
}

void KeepName(absl::string_view kind, const std::string& name, bool deleted, Context& ctx) {
  if (deleted) {
    ctx.Delete(Table::kShared, DefKey(kind, name));
  } else {
    ctx.Put(Table::kShared, DefKey(kind, name), name);
  }
}

}  // namespace

void Definitions::Acquire(StateView& state) {
  LoadAll(state, kCampaignKind, &campaigns_);
  LoadAll(state, kChannelKind, &channels_);
  LoadAll(state, kPolicyKind, &policies_);
  LoadAll(state, "business-unit", &units_);
  offer_contents_.clear();
  ForEach(state, "offer", [&](std::string name, absl::string_view value) {
    offer_contents_[std::move(name)] = std::string(value);
  });
  all_paused_ = state.Get(Table::kShared, kPauseAllKey) != nullptr;
}

const v1::Campaign* Definitions::Apply(const event::v1::DefinitionEvent& event, Context& ctx) {
  using event::v1::DefinitionEvent;
  switch (event.definition_case()) {
    case DefinitionEvent::kCampaign:
      return Keep(kCampaignKind, event.campaign(), event.deleted(), ctx, &campaigns_)
                 ? &campaigns_[event.campaign().name()]
                 : nullptr;
    case DefinitionEvent::kChannel:
      Keep(kChannelKind, event.channel(), event.deleted(), ctx, &channels_);
      break;
    case DefinitionEvent::kContactPolicy:
      Keep(kPolicyKind, event.contact_policy(), event.deleted(), ctx, &policies_);
      break;
    case DefinitionEvent::kBusinessUnit:
      Keep("business-unit", event.business_unit(), event.deleted(), ctx, &units_);
      break;
    case DefinitionEvent::kSegment:
      KeepName("segment", event.segment().name(), event.deleted(), ctx);
      break;
    case DefinitionEvent::kOffer:
      offer_contents_[event.offer().name()] = event.offer().content();
      ctx.Put(Table::kShared, DefKey("offer", event.offer().name()), event.offer().content());
      break;
    default:
      break;
  }
  return nullptr;
}

const v1::Campaign* Definitions::campaign(absl::string_view name) const {
  return Find(campaigns_, name);
}
const v1::Channel* Definitions::channel(absl::string_view name) const {
  return Find(channels_, name);
}
const common::v1::BusinessUnit* Definitions::business_unit(absl::string_view name) const {
  return Find(units_, name);
}

const v1::ContactPolicy* Definitions::policy_of(absl::string_view business_unit) const {
  for (const auto& [name, policy] : policies_) {
    if (policy.business_unit() == business_unit) return &policy;
  }
  return nullptr;
}

std::string Definitions::offer_content(absl::string_view offer) const {
  const std::string* content = Find(offer_contents_, offer);
  return content == nullptr ? "" : *content;
}

Micros Definitions::longest_cap_window() const {
  Micros longest = kRememberAtLeast;
  for (const auto& [name, policy] : policies_) {
    for (const v1::ContactCap& cap : policy.caps()) longest = std::max(longest, cap.window_us());
  }
  return longest;
}

void Definitions::SetAllPaused(bool paused, Context& ctx) {
  all_paused_ = paused;
  if (paused) {
    ctx.Put(Table::kShared, kPauseAllKey, "1");
  } else {
    ctx.Delete(Table::kShared, kPauseAllKey);
  }
}

KnownNames Definitions::Known(StateView& state) {
  KnownNames known;
  const auto collect = [&](absl::string_view kind, std::vector<std::string>* names) {
    ForEach(state, kind,
            [&](std::string name, absl::string_view) { names->push_back(std::move(name)); });
  };
  collect("business-unit", &known.business_units);
  collect("segment", &known.segments);
  collect("offer", &known.offers);
  collect(kChannelKind, &known.channels);
  return known;
}

}  // namespace dangol::campaign
