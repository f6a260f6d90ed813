// Hands a processor under test one record as the runtime does: events of merged and erased
// customers, hand-overs and forwarded events included.
#pragma once

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/inbox.pb.h"
#include "libs/stream/merge.h"
#include "libs/stream/processor.h"

namespace dangol {

inline absl::Status DeliverInbox(Processor& processor, Context& ctx, absl::string_view value) {
  event::v1::InboxRecord record;
  record.ParseFromArray(value.data(), static_cast<int>(value.size()));
  if (record.has_hand_over()) return HandleHandOver(record.hand_over(), processor, ctx);
  if (record.has_forwarded()) {
    return HandleForwarded(record.forwarded(), ctx.now(), processor, ctx);
  }
  if (record.has_internal()) return processor.HandleInternal(record.internal(), ctx);
  if (record.has_effect_outcome()) return processor.HandleOutcome(record.effect_outcome(), ctx);
  return absl::UnimplementedError(absl::StrCat("an inbox record of kind ", record.kind_case()));
}

inline absl::Status Deliver(Processor& processor, Context& ctx, Topic topic, absl::string_view key,
                            absl::string_view value) {
  if (topic == InboxOf(ctx.scope().service)) return DeliverInbox(processor, ctx, value);
  return HandleEvent({topic, 0, ctx.now(), key, value, CustomerOfKey(topic, key)}, processor, ctx);
}

}  // namespace dangol
