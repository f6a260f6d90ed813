#include "libs/stream/merge.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "dangol/event/v1/customer.pb.h"
#include "dangol/event/v1/erased.pb.h"
#include "dangol/event/v1/inbox.pb.h"
#include "libs/base/names.h"
#include "libs/base/status.h"

namespace dangol {
namespace {

// Row: 8 bytes of the customer it is now, or nothing for an erased one.
std::string TombstoneKey(CustomerId id) { return absl::StrCat("m", EncodeKey(id)); }

void SendToInbox(Context& ctx, CustomerId id, const event::v1::InboxRecord& record) {
  ctx.Emit(InboxOf(ctx.scope().service), PartitionOf(ctx, id), EncodeKey(id),
           record.SerializeAsString());
}

void SendHandOver(Context& ctx, CustomerId from, CustomerId into, std::string state) {
  event::v1::InboxRecord record;
  event::v1::HandOver* hand_over = record.mutable_hand_over();
  hand_over->set_from(from);
  hand_over->set_into(into);
  hand_over->set_state(std::move(state));
  SendToInbox(ctx, into, record);
}

void SendOn(Context& ctx, CustomerId into, const Event& event) {
  event::v1::InboxRecord record;
  event::v1::Forwarded* forwarded = record.mutable_forwarded();
  forwarded->set_into(into);
  forwarded->set_topic(static_cast<uint32_t>(event.topic));
  forwarded->set_key(std::string(event.key));
  forwarded->set_value(std::string(event.value));
  SendToInbox(ctx, into, record);
  ctx.Count("events_forwarded", TopicName(event.topic), 1);
}

bool IsErasure(const Event& event) {
  if (event.topic != Topic::kCustomer) return false;
  event::v1::CustomerEvent message;
  return message.ParseFromArray(event.value.data(), static_cast<int>(event.value.size())) &&
         message.has_erased();
}

}  // namespace

std::optional<CustomerId> MergedInto(StateView& state, CustomerId id) {
  const std::string* row = state.Get(Table::kMeta, TombstoneKey(id));
  if (row == nullptr || row->empty()) return std::nullopt;
  return DecodeKey(*row);
}

CustomerId GoneCustomer(absl::string_view meta_key) {
  const bool gone = absl::ConsumePrefix(&meta_key, "m") && meta_key.size() == EncodeKey(0).size();
  return gone ? DecodeKey(meta_key) : 0;
}

bool IsErased(StateView& state, CustomerId id) {
  const std::string* row = state.Get(Table::kMeta, TombstoneKey(id));
  return row != nullptr && row->empty();
}

bool IsPresent(StateView& state, CustomerId id) {
  return state.Get(Table::kMeta, TombstoneKey(id)) == nullptr;
}

absl::Status CheckNotMerged(StateView& state, CustomerId id) {
  const auto into = MergedInto(state, id);
  if (!into) return absl::OkStatus();
  const std::string name = CustomerName(*into);
  return WithDetail(absl::AbortedError(absl::StrCat(CustomerName(id), " was merged into ", name,
                                                    "; ask again for that one")),
                    {kCustomerMerged, {{"customer", name}}, {}});
}

std::optional<CustomerId> MergedInto(const absl::Status& status) {
  if (!absl::IsAborted(status)) return std::nullopt;
  const ErrorDetail detail = DetailOf(status);
  const auto name = detail.metadata.find("customer");
  if (detail.reason != kCustomerMerged || name == detail.metadata.end()) return std::nullopt;
  const auto id = ParseCustomerName("customer", name->second);
  return id.ok() ? std::optional(*id) : std::nullopt;
}

absl::Status CheckPresent(StateView& state, CustomerId id) {
  DANGOL_RETURN_IF_ERROR(CheckNotMerged(state, id));
  if (IsErased(state, id)) return NotFound("customer", CustomerName(id));
  return absl::OkStatus();
}

absl::Status HandOverCustomer(Context& ctx, CustomerId from, CustomerId into, std::string state) {
  if (into == 0 || into >= from) {
    return absl::InternalError(
        absl::StrCat("a merge of ", CustomerName(from), " into ", CustomerName(into)));
  }
  ctx.Put(Table::kMeta, TombstoneKey(from), EncodeKey(into));
  SendHandOver(ctx, from, into, std::move(state));
  ctx.Count("customers_merged", "", 1);
  return absl::OkStatus();
}

void MarkErased(Context& ctx, CustomerId id) {
  ctx.Put(Table::kMeta, TombstoneKey(id), "");
  ctx.Count("customers_erased", "", 1);
}

void FillErased(Context& ctx, CustomerId id, const std::string& erasure,
                event::v1::Erased* erased) {
  erased->set_customer_id(id);
  erased->set_erasure(erasure);
  erased->set_service(std::string(ServiceName(ctx.scope().service)));
  erased->set_time_us(ctx.now());
}

CustomerId CustomerOfKey(Topic topic, absl::string_view key) {
  switch (topic) {
    case Topic::kCustomer:
    case Topic::kSegment:
    case Topic::kProposal:
    case Topic::kDecision:
    case Topic::kContact:
    case Topic::kResponse:
      return key.size() == sizeof(CustomerId) ? DecodeKey(key) : 0;
    default:
      return 0;
  }
}

absl::Status HandleEvent(const Event& event, Processor& processor, Context& ctx) {
  if (event.customer == 0) return processor.Handle(event, ctx);
  const std::string* row = ctx.Get(Table::kMeta, TombstoneKey(event.customer));
  if (row == nullptr) return processor.Handle(event, ctx);
  if (row->empty()) {
    ctx.Count("events_of_erased", TopicName(event.topic), 1);
    return processor.HandleErased(event, ctx);
  }
  if (event.topic == Topic::kSegment) {
    ctx.Count("memberships_of_merged", "", 1);
    return absl::OkStatus();
  }
  const CustomerId into = DecodeKey(*row);
  if (IsErasure(event)) return processor.Handle(event, ctx);
  SendOn(ctx, into, event);
  return absl::OkStatus();
}

absl::Status HandleForwarded(const event::v1::Forwarded& forwarded, Micros emit_time,
                             Processor& processor, Context& ctx) {
  Event event;
  event.topic = static_cast<Topic>(forwarded.topic());
  event.emit_time = emit_time;
  event.key = forwarded.key();
  event.value = forwarded.value();
  event.customer = forwarded.into();
  return HandleEvent(event, processor, ctx);
}

absl::Status HandleHandOver(const event::v1::HandOver& hand_over, Processor& processor,
                            Context& ctx) {
  if (const auto next = MergedInto(ctx, hand_over.into())) {
    SendHandOver(ctx, hand_over.from(), *next, hand_over.state());
    return absl::OkStatus();
  }
  if (IsErased(ctx, hand_over.into())) {
    ctx.Count("hand_overs_of_erased", "", 1);
    return processor.MergeErased(hand_over.into(), hand_over.from(), hand_over.state(), ctx);
  }
  return processor.Merge(hand_over.into(), hand_over.from(), hand_over.state(), ctx);
}

}  // namespace dangol
