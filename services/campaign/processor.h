// The campaign service's state machine for one partition. Thin: bytes → the part that knows →
// emits.
//
//   definitions.h  what is planned     selector.h  who is selected     contacts.h  what is sent
//   admin.h        partition 0's campaigns, channels, policies and audit trail
#pragma once

#include <memory>
#include <string>

#include "libs/stream/event_parser.h"
#include "libs/stream/processor.h"
#include "services/campaign/contacts.h"
#include "services/campaign/definitions.h"
#include "services/campaign/feeds.h"
#include "services/campaign/records.h"
#include "services/campaign/selector.h"

namespace dangol::campaign {

class CampaignProcessor : public Processor {
 public:
  explicit CampaignProcessor(SendLimits limits);

  absl::Status OnAcquire(StateView& state) override;
  absl::Status Handle(const Event& event, Context& ctx) override;
  absl::StatusOr<std::string> HandleCommand(absl::string_view body, const Caller& caller,
                                            Context& ctx) override;
  absl::Status HandleInternal(absl::string_view body, Context& ctx) override;
  absl::Status HandleOutcome(const event::v1::EffectOutcome& outcome, Context& ctx) override;
  absl::Status Merge(CustomerId into, CustomerId from, absl::string_view state,
                     Context& ctx) override;
  absl::Status OnTimer(const Timer& timer, Context& ctx) override;

  // For readers (rpc/).
  const Definitions& definitions() const { return definitions_; }
  const SegmentNumbers& segments() const { return segments_; }

 private:
  absl::Status OnDefinition(const Event& event, Context& ctx);
  absl::Status OnCustomer(const Event& event, Context& ctx);
  absl::Status OnSegment(const Event& event, Context& ctx);

  EventParser parser_;
  Definitions definitions_;
  SegmentNumbers segments_;
  Contacts contacts_;
  Selector selector_;
  Feeds feeds_;
};

// The service for the runtime.
ServiceSpec Spec(SendLimits limits = {});

}  // namespace dangol::campaign
