#include "services/offer/merges.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "dangol/event/v1/contact.pb.h"
#include "dangol/event/v1/decision.pb.h"
#include "dangol/offer/v1/state.pb.h"
#include "libs/base/status.h"
#include "libs/stream/merge.h"
#include "libs/stream/tables.h"
#include "services/offer/domain/merge.h"
#include "services/offer/settle.h"

namespace dangol::offer {
namespace {

// Table index: a reservation of an erased customer.
std::string ErasedKey(absl::string_view contact_id) { return absl::StrCat("e", contact_id); }

void KeepNameless(const google::protobuf::Map<std::string, v1::Reservation>& reservations,
                  Context& ctx) {
  for (const auto& [contact, reservation] : reservations) {
    StoreRecord(ctx, Table::kIndex, ErasedKey(contact), reservation);
  }
}

absl::StatusOr<v1::HandOver> ParseHandOver(absl::string_view state) {
  v1::HandOver hand_over;
  if (hand_over.ParseFromArray(state.data(), static_cast<int>(state.size()))) return hand_over;
  return absl::DataLossError("undecodable hand-over");
}

}  // namespace

absl::Status OnMerged(CustomerId from, CustomerId into, Context& ctx) {
  const v1::HandOver state = HandOverOf(LoadCustomer(ctx, from));
  ctx.Delete(Table::kCustomer, EncodeKey(from));
  // Campaign suppresses what has no decision yet.
  DropWaiting(from, "", ctx);
  return HandOverCustomer(ctx, from, into, state.SerializeAsString());
}

absl::Status OnHandOver(CustomerId into, absl::string_view state, Context& ctx) {
  DANGOL_ASSIGN_OR_RETURN(const v1::HandOver hand_over, ParseHandOver(state));
  auto customer = LoadCustomer(ctx, into);
  TakeOver(hand_over, &customer);
  StoreCustomer(ctx, into, customer);
  return absl::OkStatus();
}

absl::Status OnErasedHandOver(absl::string_view state, Context& ctx) {
  DANGOL_ASSIGN_OR_RETURN(const v1::HandOver hand_over, ParseHandOver(state));
  KeepNameless(hand_over.reservations(), ctx);
  return absl::OkStatus();
}

void OnErased(CustomerId id, const std::string& erasure, Context& ctx) {
  KeepNameless(LoadCustomer(ctx, id).reservations(), ctx);
  ctx.Delete(Table::kCustomer, EncodeKey(id));
  DropWaiting(id, "", ctx);
  MarkErasedAndTell<event::v1::DecisionEvent>(ctx, id, erasure, Topic::kDecision);
}

void SettleErased(const event::v1::ContactEvent& contact, const LearningPace& pace, Context& ctx) {
  const std::string key = ErasedKey(contact.contact_id());
  if (ctx.Get(Table::kIndex, key) == nullptr) return;
  auto reservation = LoadRecord<v1::Reservation>(ctx, Table::kIndex, key);
  if (Settle(contact, &reservation, nullptr, pace, ctx)) {
    ctx.Delete(Table::kIndex, key);
  } else {
    StoreRecord(ctx, Table::kIndex, key, reservation);
  }
}

}  // namespace dangol::offer
