// When each feed was last heard of, for the freshness gates. A feed of few activities may go hours
// without one about this partition's customers: so the partitions tell partition 0, and it tells
// them, of feeds that a campaign has a gate for, once a minute at most and only what is new. What a
// partition knows is some two minutes behind at worst; gates are hours.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "dangol/campaign/v1/campaign.pb.h"
#include "libs/stream/context.h"
#include "services/campaign/definitions.h"

namespace dangol::campaign::v1 {
class Heard;
}

namespace dangol::campaign {

// A processor's part: one thread. Holds nothing but a reference.
class Feeds {
 public:
  explicit Feeds(const Definitions* definitions) : defs_(*definitions) {}

  // An activity of this partition that occurred then.
  void OnActivity(absl::string_view source, Micros occurred, Context& ctx);
  // A new version of a campaign, which may be the first to ask for a feed.
  void OnCampaign(const v1::Campaign& campaign, Context& ctx);
  // What another partition knows.
  void Take(const v1::Heard& heard, Context& ctx);
  // kHeardTimer: tells what this partition knows.
  void Tell(const std::string& source, Context& ctx);

 private:
  bool HasGate(absl::string_view source) const;
  // True where it is newer than what is known, by a second at least.
  bool Note(absl::string_view source, Micros time, Context& ctx);
  void TellSoon(absl::string_view source, Context& ctx);

  const Definitions& defs_;
};

// Occurrence time of the newest activity known; 0: none.
Micros LastHeard(StateView& state, absl::string_view source);

}  // namespace dangol::campaign
