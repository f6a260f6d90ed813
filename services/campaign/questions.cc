#include "services/campaign/questions.h"

#include <utility>

#include "dangol/campaign/v1/state.pb.h"
#include "libs/base/names.h"
#include "libs/base/status.h"
#include "libs/stream/tables.h"
#include "services/campaign/definitions.h"
#include "services/campaign/domain/validate.h"
#include "services/campaign/export.h"
#include "services/campaign/keys.h"
#include "services/campaign/processor.h"
#include "services/campaign/reports.h"

namespace dangol::campaign {
namespace {

absl::Status AnswerNamesKnown(const v1::Campaign& campaign, Processor&, StateView& state,
                              google::protobuf::BoolValue* answer) {
  answer->set_value(ValidateNames(campaign, Definitions::Known(state)).ok());
  return absl::OkStatus();
}

absl::Status AnswerProgress(const v1::Progress& frame, Processor&, StateView& state,
                            v1::Progress* answer) {
  *answer = frame;
  AddPartition(state, answer);
  return absl::OkStatus();
}

absl::Status AnswerInFlight(const google::protobuf::Empty&, Processor&, StateView& state,
                            v1::PauseAllResponse* answer) {
  ForEachRecord<v1::ChannelPace>(state, Table::kShared, PaceKey(""),
                                 [&](absl::string_view, const v1::ChannelPace& pace) {
                                   answer->set_in_flight(answer->in_flight() + pace.attempting());
                                 });
  return absl::OkStatus();
}

absl::Status AnswerContacts(const v1::ContactsRequest& request, Processor&, StateView& state,
                            v1::ListContactsResponse* answer) {
  auto contacts =
      request.has_campaign()
          ? ContactsOfCampaign(state, request.campaign(), request.after(), request.size())
          : ContactsOfCustomer(state, request.customer_id(), request.after(), request.size());
  for (v1::Contact& contact : contacts) *answer->add_contacts() = std::move(contact);
  return absl::OkStatus();
}

absl::Status AnswerAllIds(CustomerId id, const google::protobuf::Empty&, Processor&,
                          StateView& state, v1::CustomerIds* answer) {
  for (const CustomerId one : AllIdsOf(state, id)) answer->add_ids(one);
  return absl::OkStatus();
}

absl::Status AnswerExplain(CustomerId id, const v1::ExplainContactRequest& request,
                           Processor& processor, StateView& state,
                           v1::ExplainContactResponse* answer) {
  const auto& mine = static_cast<const CampaignProcessor&>(processor);
  DANGOL_ASSIGN_OR_RETURN(*answer, Explain(mine, state, request.campaign(), id));
  return absl::OkStatus();
}

absl::Status AnswerExport(CustomerId id, const google::protobuf::Empty&, Processor& processor,
                          StateView& state, v1::ExportCustomerResponse* answer) {
  const auto& mine = static_cast<const CampaignProcessor&>(processor);
  if (ExportRecord(mine, state, id, answer)) return absl::OkStatus();
  return NotFound("customer", CustomerName(id));
}

}  // namespace

const Question<v1::Campaign, google::protobuf::BoolValue> kNamesKnown = {"campaign.NamesKnown",
                                                                         AnswerNamesKnown};
const Question<v1::Progress, v1::Progress> kProgress = {"campaign.Progress", AnswerProgress};
const Question<google::protobuf::Empty, v1::PauseAllResponse> kInFlight = {"campaign.InFlight",
                                                                           AnswerInFlight};
const Question<v1::ContactsRequest, v1::ListContactsResponse> kContacts = {"campaign.Contacts",
                                                                           AnswerContacts};
const CustomerQuestion<google::protobuf::Empty, v1::CustomerIds> kAllIds = {"campaign.AllIds",
                                                                            AnswerAllIds};
const CustomerQuestion<v1::ExplainContactRequest, v1::ExplainContactResponse> kExplain = {
    "campaign.Explain", AnswerExplain};
const CustomerQuestion<google::protobuf::Empty, v1::ExportCustomerResponse> kExport = {
    "campaign.Export", AnswerExport};

std::vector<RawQuestion> Questions() {
  return {Raw(kNamesKnown), Raw(kProgress), Raw(kInFlight), Raw(kContacts),
          Raw(kAllIds),     Raw(kExplain),  Raw(kExport)};
}

}  // namespace dangol::campaign
