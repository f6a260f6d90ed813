// Customers who turned out to be another one, and customers of whom nothing may be kept.
//
// A merge is decided by profile: CustomerEvent.merged, keyed by `from`. Each service hands what it
// keeps of `from` to the scope of `into` and leaves a tombstone, for ever; the runtime sends on
// whatever comes for `from` later. The tombstone is the only re-pointing. The larger id goes into
// the smaller, so chains end and cycles cannot form. An erased customer leaves a mark that holds
// its id alone, and what comes for it later is dropped and counted.
//
// Both are rows of Table::kMeta; scopes that have none pay one comparison per event.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "libs/backbone/topics.h"
#include "libs/base/types.h"
#include "libs/stream/context.h"
#include "libs/stream/processor.h"

namespace dangol::event::v1 {
class Erased;
class Forwarded;
class HandOver;
}  // namespace dangol::event::v1

namespace dangol {

// Where `id` went in this service, one step; nullopt: it was not merged away in this scope.
std::optional<CustomerId> MergedInto(StateView& state, CustomerId id);
bool IsErased(StateView& state, CustomerId id);
// Neither merged away nor erased here.
bool IsPresent(StateView& state, CustomerId id);

// Of whom a row of Table::kMeta says that it was merged away or erased; 0: it is another row.
CustomerId GoneCustomer(absl::string_view meta_key);

inline constexpr char kCustomerMerged[] = "CUSTOMER_MERGED";
// ABORTED with reason kCustomerMerged and metadata "customer" (the name to ask for): it was merged
// away here. OK otherwise.
absl::Status CheckNotMerged(StateView& state, CustomerId id);
// What such an error says: who to ask for; nullopt: it is another error, or none.
std::optional<CustomerId> MergedInto(const absl::Status& status);
// The same, or NOT_FOUND: it was erased. What a command about a customer asks first; see follow.h
// for the other side.
absl::Status CheckPresent(StateView& state, CustomerId id);

// In from's scope, on `merged`, after the service's rows and timers of `from` are gone: leaves the
// tombstone, and sends `state`, the service's own message, to the scope of `into`, where it arrives
// as Processor::Merge. To be called also when there is nothing to hand over. INTERNAL: not into a
// smaller id, which could close a circle.
absl::Status HandOverCustomer(Context& ctx, CustomerId from, CustomerId into, std::string state);

// On `erased`, after the service's rows and timers of `id` are gone. Takes the place of a
// tombstone.
void MarkErased(Context& ctx, CustomerId id);
void FillErased(Context& ctx, CustomerId id, const std::string& erasure, event::v1::Erased* erased);
// MarkErased in a service other than profile, which is told of it by an acknowledgement: a
// `Message` on `topic`, the service's output, with no one's key.
template <typename Message>
void MarkErasedAndTell(Context& ctx, CustomerId id, const std::string& erasure, Topic topic) {
  MarkErased(ctx, id);
  Message message;
  FillErased(ctx, id, erasure, message.mutable_erased());
  ctx.Emit(topic, ctx.scope().partition, "", message.SerializeAsString());
}

// Whose a record of a topic keyed by customer is; 0: a mark, or another topic (also `resolved`,
// with which profile does as it must).
CustomerId CustomerOfKey(Topic topic, absl::string_view key);

// The runtime's part. Hands `event` to the processor if event.customer is present here, drops it if
// that was erased, and sends it on if that was merged away. `erased` alone is handed over for a
// merged customer, too: its rows in flight are still here. Memberships of a merged customer are
// dropped: segmentation tells those of the two together under the other name.
absl::Status HandleEvent(const Event& event, Processor& processor, Context& ctx);
absl::Status HandleForwarded(const event::v1::Forwarded& forwarded, Micros emit_time,
                             Processor& processor, Context& ctx);
absl::Status HandleHandOver(const event::v1::HandOver& hand_over, Processor& processor,
                            Context& ctx);

}  // namespace dangol
