#include "services/campaign/commands.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/contact.pb.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/stream/merge.h"
#include "services/campaign/admin.h"
#include "services/campaign/domain/contact_id.h"
#include "services/campaign/domain/customer_ref.h"
#include "services/campaign/keys.h"
#include "services/campaign/records.h"

namespace dangol::campaign {
namespace {

std::string SetPauseAll(const v1::SetPauseAll& command, const Caller& caller, Definitions* defs,
                        Contacts* contacts, Context& ctx) {
  defs->SetAllPaused(command.paused(), ctx);
  if (!command.paused()) contacts->Unpark("", "", ctx);
  if (ctx.scope().partition == 0) {
    v1::AuditEntry entry;
    entry.set_principal(caller.principal);
    entry.set_action(command.paused() ? "PAUSE_ALL" : "RESUME_ALL");
    entry.set_comment(command.comment());
    Audit("", std::move(entry), ctx);
  }
  return "";
}

// Keeps the first row of a customer; rows of earlier uploads of the campaign go.
bool StoreRow(uint64_t campaign, uint64_t upload, const std::string& cell,
              v1::CustomerRecord* customer) {
  auto* rows = customer->mutable_list_rows();
  for (const v1::ListRow& row : *rows) {
    const bool own = row.of() == 0;
    if (own && row.campaign() == campaign && row.upload_id() == upload) return false;
  }
  rows->erase(std::remove_if(rows->begin(), rows->end(),
                             [&](const auto& row) { return row.campaign() == campaign; }),
              rows->end());
  v1::ListRow* row = rows->Add();
  row->set_campaign(campaign);
  row->set_upload_id(upload);
  row->set_cell(cell);
  return true;
}

// The i-th row, to the customer that its customer is now.
void SendRowOn(const v1::StoreAssignments& command, int i, CustomerId into, Context& ctx) {
  v1::Internal message;
  v1::StoreAssignments* row = message.mutable_assignments();
  row->set_campaign(command.campaign());
  row->set_upload_id(command.upload_id());
  row->add_customers(into);
  row->add_cells(0);
  row->add_cell_names(command.cell_names(static_cast<int>(command.cells(i))));
  SendInternal(into, message, ctx);
}

absl::Status CheckRows(const v1::StoreAssignments& command) {
  if (command.cells_size() != command.customers_size()) {
    return BadField("cells", absl::StrCat(command.cells_size(), " items"), "are not one a customer",
                    absl::StrCat("give ", command.customers_size()));
  }
  for (const uint32_t cell : command.cells()) {
    if (cell < static_cast<uint32_t>(command.cell_names_size())) continue;
    return BadField("cells", absl::StrCat(cell), "is no index into cell_names",
                    absl::StrCat("less than ", command.cell_names_size()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::StoreAssignmentsReply> StoreAssignments(const v1::StoreAssignments& command,
                                                           Context& ctx) {
  DANGOL_RETURN_IF_ERROR(CheckRows(command));
  v1::StoreAssignmentsReply reply;
  const uint64_t campaign = Hash64(command.campaign());
  v1::CustomerRecord customer;
  for (int i = 0; i < command.customers_size(); ++i) {
    const CustomerId id = command.customers(i);
    if (!LoadCustomer(ctx, id, &customer)) {
      if (const auto into = MergedInto(ctx, id)) {
        SendRowOn(command, i, *into, ctx);
        continue;
      }
      if (IsErased(ctx, id)) continue;
    }
    const std::string& cell = command.cell_names(static_cast<int>(command.cells(i)));
    if (StoreRow(campaign, command.upload_id(), cell, &customer)) {
      SaveCustomer(ctx, id, customer);
    } else {
      reply.add_duplicates(static_cast<uint32_t>(i));
    }
  }
  return reply;
}

namespace {

absl::StatusOr<std::string> MakeProof(const v1::MakeProof& command, const Definitions& defs,
                                      Contacts* contacts, Context& ctx) {
  v1::MakeProofReply reply;
  DANGOL_RETURN_IF_ERROR(CheckPresent(ctx, command.customer_id()));
  const v1::Campaign* known = defs.campaign(command.campaign().name());
  if (known == nullptr || known->version() < command.campaign().version()) {
    return absl::UnavailableError("the definition has not reached this partition yet; retry");
  }
  for (const v1::Audience& audience : command.campaign().audiences()) {
    for (const v1::Cell& cell : audience.cells()) {
      if (cell.is_control()) continue;
      reply.add_contact_ids(contacts->MakeProof(
          *known, audience, cell, absl::StrCat("proof/", command.proof(), "/", cell.name()),
          command.customer_id(), ctx));
    }
  }
  return reply.SerializeAsString();
}

absl::StatusOr<std::string> RecordOutcome(const v1::RecordOutcomeRequest& request,
                                          Contacts* contacts, Context& ctx) {
  auto record = contacts->RecordOutcome(request.contact_id(), request.status(),
                                        request.provider_message_id(), request.detail(), ctx);
  if (!record.ok()) return record.status();
  return ToContact(request.contact_id(), *record).SerializeAsString();
}

}  // namespace

absl::StatusOr<std::string> RunCustomerCommand(const v1::Command& command, const Caller& caller,
                                               Definitions* definitions, Contacts* contacts,
                                               Context& ctx) {
  switch (command.kind_case()) {
    case v1::Command::kSetPauseAll:
      return SetPauseAll(command.set_pause_all(), caller, definitions, contacts, ctx);
    case v1::Command::kStoreAssignments: {
      DANGOL_ASSIGN_OR_RETURN(const v1::StoreAssignmentsReply reply,
                              StoreAssignments(command.store_assignments(), ctx));
      return reply.SerializeAsString();
    }
    case v1::Command::kMakeProof:
      return MakeProof(command.make_proof(), *definitions, contacts, ctx);
    case v1::Command::kRecordOutcome:
      return RecordOutcome(command.record_outcome(), contacts, ctx);
    default:
      return absl::InvalidArgumentError("unknown command");
  }
}

v1::Contact ToContact(absl::string_view contact_id, const v1::ContactRecord& record) {
  v1::Contact contact;
  contact.set_contact_id(std::string(contact_id));
  contact.set_customer(CustomerName(record.customer_id()));
  contact.set_campaign(record.campaign());
  contact.set_campaign_version(record.campaign_version());
  contact.set_wave(record.wave());
  contact.set_audience(record.audience());
  contact.set_cell(record.cell());
  contact.set_treatment_code(record.treatment_code());
  contact.set_channel(record.channel());
  contact.set_status(static_cast<event::v1::ContactStatus>(PublicStatus(record)));
  contact.set_suppression_reason(record.reason());
  contact.set_is_holdout_twin(record.is_twin());
  contact.set_is_proof(record.is_proof());
  contact.set_counts_as_contact(record.counts_as_contact());
  contact.set_plan_time_us(record.plan_time_us());
  contact.set_contact_time_us(record.contact_time_us());
  contact.set_attempt(record.attempt());
  contact.set_offer(record.offer());
  if (!record.offer().empty() && !record.is_proof()) {
    contact.set_decision_id(absl::StrCat("d-", contact_id));
  }
  contact.set_propensity(record.propensity());
  contact.set_provider_message_id(record.provider_message_id());
  contact.set_detail(record.detail());
  return contact;
}

}  // namespace dangol::campaign
