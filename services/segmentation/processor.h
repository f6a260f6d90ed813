// Segmentation's state machine for one partition: activities and facts in, memberships out.
#pragma once

#include <string>

#include "libs/stream/event_parser.h"
#include "libs/stream/processor.h"
#include "services/segmentation/domain/catalogue.h"
#include "services/segmentation/domain/customer.h"
#include "services/segmentation/domain/evaluate.h"

namespace dangol::event::v1 {
class CustomerEvent;
class MembershipChanged;
class Watermark;
}  // namespace dangol::event::v1

namespace dangol::segmentation {

// A timer of a customer, at the next instant at which something may change; of the evaluation job.
enum TimerKind : uint32_t { kCustomerTimer = 1, kJobTimer = 2 };

struct Options {
  // Customers evaluated per call while all are evaluated after a change of a definition.
  size_t chunk_customers = 2'000;
  // Instants that one timer may catch up with before others get their turn.
  int instants_per_timer = 64;
};

// Invariants: after each call the memberships of every customer whose record has the current
// generation are those of the instant of its last evaluation, and no edge has passed since (its
// timer stands at the next one). A watermark leaves only while no evaluation is running, so every
// membership before it is complete.
class SegmentationProcessor : public Processor {
 public:
  explicit SegmentationProcessor(Options options) : options_(options) {}

  absl::Status OnAcquire(StateView& state) override;
  absl::Status Handle(const Event& event, Context& ctx) override;
  absl::StatusOr<std::string> HandleCommand(absl::string_view body, const Caller& caller,
                                            Context& ctx) override;
  absl::Status HandleInternal(absl::string_view body, Context& ctx) override;
  absl::Status HandleOutcome(const event::v1::EffectOutcome& outcome, Context& ctx) override;
  absl::Status OnTimer(const Timer& timer, Context& ctx) override;
  absl::Status Merge(CustomerId into, CustomerId from, absl::string_view state,
                     Context& ctx) override;

  // For questions (query.h), on the scope's thread.
  const Catalogue& catalogue() const { return catalogue_; }

 private:
  absl::Status HandleCustomer(CustomerId id, const event::v1::CustomerEvent& event, Context& ctx);
  // merging.cc
  absl::Status HandOver(CustomerId from, CustomerId into, Context& ctx);
  absl::Status Erase(CustomerId id, const std::string& erasure, Context& ctx);
  // Removes the record and the timer, and counts the customer out of its segments.
  void Remove(absl::string_view key, const Customer& customer, Context& ctx) const;
  absl::Status HandleDefinition(const Event& event, Context& ctx);
  void HandleWatermark(const event::v1::Watermark& watermark, Context& ctx);
  absl::Status OnCustomerTimer(const Timer& timer, Context& ctx);
  absl::Status OnJobTimer(Context& ctx);

  void StartJob(Context& ctx);
  void FinishJob(Context& ctx);
  // Brings a record evaluated with older definitions up to the present ones, as of `at`.
  void CatchUp(Micros at, Customer* customer, event::v1::MembershipChanged* out,
               std::vector<SizeChange>* sizes) const;
  // Emits what changed, counts it, sets the customer's timer and writes the record.
  void Save(absl::string_view key, Micros next, Customer* customer,
            event::v1::MembershipChanged* changed, const std::vector<SizeChange>& sizes,
            Context& ctx) const;
  void Rebuild(StateView& state, Context* ctx);

  const Options options_;
  // Reused by each event; nothing outlives the call.
  EventParser parser_;
  Customer customer_;
  Catalogue catalogue_;
  uint64_t generation_ = 0;  // of the last job
  bool job_running_ = false;
};

// Inputs customer and definition; output segment and definition.
ServiceSpec Spec(Options options = {});

}  // namespace dangol::segmentation
