// The life of a contact, from selection to its last outcome:
//
//   proposed → (decision) → judged → suppressed | held out | deferred | parked | reserved
//   reserved → attempting → accepted | failed | unknown | waits to retry → judged again
//   accepted → delivered | undelivered, when a provider says so
//
// Every change is written, counted in its cell's waterfall and published in one place, SetStage.
// contacts.cc makes and judges, sends.cc attempts and takes outcomes, sweeps.cc handles many.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dangol/campaign/v1/campaign.pb.h"
#include "dangol/campaign/v1/state.pb.h"
#include "libs/stream/context.h"
#include "services/campaign/definitions.h"
#include "services/campaign/domain/contact_policy.h"
#include "services/campaign/records.h"

namespace dangol::event::v1 {
class DecisionEvent;
class EffectOutcome;
}  // namespace dangol::event::v1
namespace dangol::campaign::v1 {
class Internal;
class Uncount;
}  // namespace dangol::campaign::v1

namespace dangol::campaign {

struct SendLimits {
  // Attempts without an outcome per scope and webhook channel; the rest waits in order.
  int64_t attempting_max = 512;
  // Attempts that failed or stayed ambiguous, per contact.
  int32_t failures_max = 3;
  Micros first_backoff = 30 * kMicrosPerSecond;  // doubles
  // Contacts looked at in one call of a sweep, or reserved contacts tried in one call.
  int sweep_chunk = 1000;
  int drain_chunk = 64;
};

// Called when a contact of a batch wave opens (+1) and becomes final (-1).
using WaveOpenFn = std::function<void(absl::string_view campaign, absl::string_view wave,
                                      int64_t delta, Context& ctx)>;

// A processor's part: one thread. Holds nothing but references and limits.
class Contacts {
 public:
  Contacts(const Definitions* definitions, const SegmentNumbers* segments, SendLimits limits,
           WaveOpenFn on_open)
      : defs_(*definitions), segments_(*segments), limits_(limits), on_open_(std::move(on_open)) {}

  struct Plan {
    const v1::Campaign* campaign;
    const v1::Audience* audience;
    const v1::Cell* cell;
    std::string wave;
    std::string cause;  // see contact_id.h
    Micros plan_time = 0;
    uint32_t hops = 0;
    std::string suppress;  // not empty: known to be suppressed from the start
  };
  // Makes the contact (or twin) of a selected customer, unless it exists. Changes *customer and
  // says so by returning true; the caller saves it.
  bool Make(const Plan& plan, CustomerId id, v1::CustomerRecord* customer, Context& ctx);

  // A real send outside caps and measurement; returns its contact id.
  std::string MakeProof(const v1::Campaign& campaign, const v1::Audience& audience,
                        const v1::Cell& cell, const std::string& cause, CustomerId id,
                        Context& ctx);

  absl::Status OnDecision(const event::v1::DecisionEvent& decision, Context& ctx);
  absl::Status OnOutcome(const event::v1::EffectOutcome& outcome, Context& ctx);
  void OnContactTimer(absl::string_view raw_id, Context& ctx);

  // NOT_FOUND, FAILED_PRECONDITION. `status` is an event.v1.ContactStatus.
  absl::StatusOr<v1::ContactRecord> RecordOutcome(const std::string& contact_id, int status,
                                                  const std::string& provider_message_id,
                                                  const std::string& detail, Context& ctx);

  // Judges again what waits for its campaign (raw prefix; empty: every campaign), in chunks.
  void Unpark(absl::string_view prefix, absl::string_view cursor, Context& ctx);
  // Suppresses what a cancelled campaign has not attempted yet, in chunks.
  void Sweep(absl::string_view campaign, absl::string_view cursor, Context& ctx);
  // Attempts reserved contacts of a channel while it has room.
  void Drain(const std::string& channel, Context& ctx);

  // merges.cc: the customer is another one; another one is this; nothing may be kept of it.
  absl::Status OnMerged(CustomerId from, CustomerId into, Context& ctx);
  void OnHandOver(CustomerId into, CustomerId from, const v1::HandOver& state, Context& ctx);
  void OnErased(CustomerId id, const std::string& erasure, Context& ctx);
  void TakeUncount(v1::Uncount message, Context& ctx);

 private:
  // A contact in hand: loaded, changed, saved once.
  struct Open {
    std::string id;
    v1::ContactRecord record;
    v1::CustomerRecord* customer = nullptr;
    bool customer_changed = false;
    // MERGED or ERASED: `customer` is empty and stays so.
    absl::string_view gone;
  };

  // Runs `fn` on a stored contact with its customer and saves both. False: no such contact.
  bool With(absl::string_view raw_id, Context& ctx, const std::function<void(Open*)>& fn);
  void SaveContact(const Open& open, Context& ctx);
  // Suppresses what `id` has pending, all of it or (`which` not empty) what `which` names. Attempts
  // under way are not touched.
  using WhichFn = std::function<bool(const v1::ContactRecord&)>;
  void EndPending(CustomerId id, const std::string& reason, const WhichFn& which, Context& ctx);

  void SetStage(Open* open, v1::ContactStage stage, const std::string& reason, Context& ctx);
  void Publish(const Open& open, Context& ctx);
  void Propose(const Plan& plan, Open* open, Context& ctx);
  Judgement JudgeContact(const Open& open, const v1::Campaign& campaign, Context& ctx) const;
  // The same, and keeps the checks with the contact.
  Judgement JudgeAndNote(const v1::Campaign& campaign, Open* open, Context& ctx) const;
  // There is no offer for the customer. Whoever may not be contacted anyway is suppressed for that
  // reason, as in cells without offers.
  void SuppressWithoutOffer(Open* open, Context& ctx);
  // Judges and acts; from the queue's head, `my_turn`, it does not queue again.
  void Evaluate(Open* open, bool my_turn, Context& ctx);
  void Act(Open* open, const Judgement& judgement, bool my_turn, Context& ctx);
  // A once-per-customer campaign did not reach the customer: another wave may.
  void AllowAgain(Open* open);
  void Suppress(Open* open, const std::string& reason, Context& ctx);

  void AttemptOrReserve(Open* open, bool my_turn, Context& ctx);
  void Attempt(Open* open, Context& ctx);
  void Requested(Open* open, const v1::Channel& channel, Context& ctx);
  void Settle(Open* open, const event::v1::EffectOutcome& outcome, Context& ctx);
  void SettleFailed(Open* open, const event::v1::EffectOutcome& outcome, Context& ctx);
  void SettleUnknown(Open* open, const event::v1::EffectOutcome& outcome, Context& ctx);
  void RetryLater(Open* open, Context& ctx);
  void RetryNow(Open* open, Context& ctx);
  void Uncount(Open* open, Context& ctx);
  void ReleaseSlot(const std::string& channel, Context& ctx);

  const Definitions& defs_;
  const SegmentNumbers& segments_;
  const SendLimits limits_;
  const WaveOpenFn on_open_;
};

// MERGED or ERASED where nothing is kept of the customer in this scope any more; else "".
absl::string_view WhyGone(StateView& state, CustomerId id);
// To the scope of a customer.
void SendInternal(CustomerId id, const v1::Internal& message, Context& ctx);

// What a contact's stage (and reported outcome) is called outside.
int PublicStatus(const v1::ContactRecord& record);

}  // namespace dangol::campaign
