// Customers who turned out to be another one, and customers of whom nothing may be kept.
//
// Contacts of a merged customer stay in its scope, under its id, for ever: their ids name that
// scope. What had not been attempted ends as MERGED (UNKNOWN where it may be out); what is under
// way ends with its outcome. The record goes to the other customer. Triggers that wait for their
// delay are sent on when they are due.
#include <string>
#include <utility>
#include <vector>

#include "dangol/campaign/v1/command.pb.h"
#include "dangol/event/v1/contact.pb.h"
#include "libs/base/status.h"
#include "libs/stream/emit.h"
#include "libs/stream/merge.h"
#include "services/campaign/contacts.h"
#include "services/campaign/domain/contact_id.h"
#include "services/campaign/domain/merge.h"
#include "services/campaign/domain/state_machine.h"
#include "services/campaign/domain/waterfall.h"
#include "services/campaign/keys.h"

namespace dangol::campaign {
namespace {

bool IsPending(const v1::ContactRecord& contact) {
  return !IsTerminal(contact.stage()) && contact.stage() != v1::CONTACT_STAGE_ATTEMPTING;
}

std::vector<v1::ContactRecord> ContactsOf(CustomerId id, StateView& state) {
  std::vector<v1::ContactRecord> contacts;
  for (const std::string& raw : KeysUnder(state, Table::kIndex, HistoryKey(id, ""))) {
    v1::ContactRecord record;
    if (Load(state, Table::kIndex, ContactKey(raw), &record)) {
      contacts.push_back(std::move(record));
    }
  }
  return contacts;
}

}  // namespace

absl::string_view WhyGone(StateView& state, CustomerId id) {
  if (MergedInto(state, id).has_value()) return "MERGED";
  return IsErased(state, id) ? "ERASED" : "";
}

void SendInternal(CustomerId id, const v1::Internal& message, Context& ctx) {
  EmitInternal(ctx, PartitionOf(ctx, id), message.SerializeAsString());
}

void Contacts::EndPending(CustomerId id, const std::string& reason, const WhichFn& which,
                          Context& ctx) {
  for (const std::string& raw : KeysUnder(ctx, Table::kIndex, HistoryKey(id, ""))) {
    v1::ContactRecord record;
    if (!Load(ctx, Table::kIndex, ContactKey(raw), &record) || !IsPending(record)) continue;
    if (which && !which(record)) continue;
    ctx.CancelTimer(kContactTimer, raw);
    ctx.Delete(Table::kShared, ParkKey(raw));
    With(raw, ctx, [&](Open* open) { Act(open, {Verdict::kSuppress, reason, 0, {}}, false, ctx); });
  }
}

absl::Status Contacts::OnMerged(CustomerId from, CustomerId into, Context& ctx) {
  EndPending(from, "MERGED", {}, ctx);
  v1::CustomerRecord customer;
  LoadCustomer(ctx, from, &customer);
  const auto is_over = [&](absl::string_view name) {
    const v1::Campaign* campaign = defs_.campaign(name);
    return campaign == nullptr || IsFinal(campaign->state());
  };
  const v1::HandOver state = HandOverOf(from, customer, ContactsOf(from, ctx), is_over);
  ctx.Delete(Table::kCustomer, EncodeKey(from));
  return HandOverCustomer(ctx, from, into, state.SerializeAsString());
}

void Contacts::OnHandOver(CustomerId into, CustomerId from, const v1::HandOver& state,
                          Context& ctx) {
  v1::CustomerRecord customer;
  LoadCustomer(ctx, into, &customer);
  TakeOver(state, from, &customer);
  SaveCustomer(ctx, into, customer);
  const auto doubles = [&](const v1::ContactRecord& contact) {
    const v1::Campaign* campaign = defs_.campaign(contact.campaign());
    return !contact.is_proof() && campaign != nullptr &&
           Doubles(customer, *campaign, contact.wave(), contact.is_twin());
  };
  EndPending(into, "MERGED", doubles, ctx);
}

void Contacts::OnErased(CustomerId id, const std::string& erasure, Context& ctx) {
  EndPending(id, "ERASED", {}, ctx);
  for (const std::string& raw : KeysUnder(ctx, Table::kIndex, HistoryKey(id, ""))) {
    ctx.Delete(Table::kIndex, HistoryKey(id, raw));
    v1::ContactRecord record;
    // An attempt under way keeps its row until it ends.
    if (Load(ctx, Table::kIndex, ContactKey(raw), &record) && IsTerminal(record.stage())) {
      ctx.Delete(Table::kIndex, ContactKey(raw));
    }
  }
  for (const std::string& raw : KeysUnder(ctx, Table::kIndex, TriggerKey(id, ""))) {
    ctx.Delete(Table::kIndex, TriggerKey(id, raw));
    ctx.CancelTimer(kTriggerTimer, raw);
  }
  ctx.Delete(Table::kCustomer, EncodeKey(id));
  MarkErasedAndTell<event::v1::ContactEvent>(ctx, id, erasure, Topic::kContact);
}

void Contacts::TakeUncount(v1::Uncount message, Context& ctx) {
  if (const auto into = MergedInto(ctx, message.customer_id())) {
    v1::Internal on;
    message.set_customer_id(*into);
    *on.mutable_uncount() = message;
    return SendInternal(*into, on, ctx);
  }
  v1::CustomerRecord customer;
  if (!LoadCustomer(ctx, message.customer_id(), &customer)) return;
  auto* recent = customer.mutable_recent();
  for (int i = recent->size() - 1; i >= 0; --i) {
    if (recent->Get(i).contact() == message.contact()) recent->DeleteSubrange(i, 1);
  }
  SaveCustomer(ctx, message.customer_id(), customer);
}

}  // namespace dangol::campaign
