// One partition of segmentation in memory, as tests drive it: definitions go round through the
// `definition` topic, time moves by timers.
#pragma once

#include <string>
#include <vector>

#include "dangol/event/v1/segment.pb.h"
#include "dangol/segmentation/v1/segmentation_service.pb.h"
#include "libs/stream/testing/fake_context.h"
#include "services/segmentation/processor.h"
#include "services/segmentation/query.h"

namespace dangol::event::v1 {
class Activity;
class CustomerEvent;
}  // namespace dangol::event::v1

namespace dangol::segmentation {

class TestPartition {
 public:
  explicit TestPartition(Options options = {});

  // Business unit "shop": KRW, Asia/Seoul.
  static constexpr char kShop[] = "shop";
  static absl::TimeZone Seoul();
  // "2026-01-31 10:00" in Seoul.
  static Micros At(absl::string_view text);

  void AddUnit(const std::string& name, const std::string& currency, const std::string& zone);
  absl::StatusOr<v1::ApplySegmentResponse> Apply(const std::string& name,
                                                 const std::string& expression,
                                                 const std::string& etag = "",
                                                 bool validate_only = false,
                                                 const std::string& business_unit = kShop);
  absl::StatusOr<v1::Segment> Delete(const std::string& name);
  absl::StatusOr<v1::ApplyRfmSchemeResponse> ApplyScheme(const v1::RfmScheme& scheme);

  void Track(CustomerId customer, const event::v1::Activity& activity);
  // An order of `net` KRW at `shop`; message id and order number are `order`.
  void Buy(CustomerId customer, const std::string& order, Micros when, int64_t net = 10'000);
  void Send(const event::v1::CustomerEvent& event);
  void SendWatermark(Micros wave_time, const std::string& subject);

  // Fires every timer due by `to`, in order, each at its own time; then it is `to`.
  void AdvanceTo(Micros to);
  // Fires what is due now: what remains of an evaluation.
  void Settle() { AdvanceTo(ctx.now()); }
  // Fires one due timer. False: none is due.
  bool Step();

  // What was emitted on `segment` since the last call.
  std::vector<event::v1::SegmentEvent> TakeSegmentEvents();
  // "+dormant v1 TIME 2026-03-15T10:00:00+09:00", for every change of `events`.
  static std::vector<std::string> Text(const std::vector<event::v1::SegmentEvent>& events);
  std::vector<std::string> TakeChanges() { return Text(TakeSegmentEvents()); }

  std::vector<CustomerId> Members(const std::string& segment);
  int64_t Size(const std::string& segment);
  int64_t Count(const std::vector<std::string>& cuts, Micros at = 0);
  Asked Ask(Micros at = 0) { return {processor.catalogue(), ctx, at}; }

  FakeContext ctx;
  SegmentationProcessor processor;

 private:
  template <typename Response>
  absl::StatusOr<Response> Execute(const std::string& body);
  // Delivers the definitions that the last command emitted.
  void DeliverDefinitions();
  // Delivers hand-overs and forwarded events.
  void DeliverInbox();
  size_t taken_ = 0;
};

}  // namespace dangol::segmentation
