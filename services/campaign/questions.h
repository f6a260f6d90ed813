// What is asked of the service's scopes, wherever they are owned (libs/stream/question.h).
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "dangol/campaign/v1/campaign_service.pb.h"
#include "dangol/campaign/v1/questions.pb.h"
#include "google/protobuf/empty.pb.h"
#include "google/protobuf/wrappers.pb.h"
#include "libs/stream/question.h"

namespace dangol::campaign {

absl::Status AnswerNamesKnown(const v1::Campaign& campaign, Processor&, StateView& state,
                              google::protobuf::BoolValue* answer);
absl::Status AnswerProgress(const v1::Progress& frame, Processor&, StateView& state,
                            v1::Progress* answer);
absl::Status AnswerInFlight(const google::protobuf::Empty&, Processor&, StateView& state,
                            v1::PauseAllResponse* answer);
absl::Status AnswerContacts(const v1::ContactsRequest& request, Processor&, StateView& state,
                            v1::ListContactsResponse* answer);
absl::Status AnswerAllIds(CustomerId id, const google::protobuf::Empty&, Processor&,
                          StateView& state, v1::CustomerIds* answer);
absl::Status AnswerExplain(CustomerId id, const v1::ExplainContactRequest& request,
                           Processor& processor, StateView& state,
                           v1::ExplainContactResponse* answer);
absl::Status AnswerExport(CustomerId id, const google::protobuf::Empty&, Processor& processor,
                          StateView& state, v1::ExportCustomerResponse* answer);

// Whether every name that the campaign uses is defined there.
inline constexpr Question<v1::Campaign, google::protobuf::BoolValue> kNamesKnown = {
    "campaign.NamesKnown", AnswerNamesKnown};
// The frame (EmptyProgress), filled with what the partition counted: see AddProgress.
inline constexpr Question<v1::Progress, v1::Progress> kProgress = {"campaign.Progress",
                                                                   AnswerProgress};
// The partition's attempts without an outcome.
inline constexpr Question<google::protobuf::Empty, v1::PauseAllResponse> kInFlight = {
    "campaign.InFlight", AnswerInFlight};
// In order of raw contact id.
inline constexpr Question<v1::ContactsRequest, v1::ListContactsResponse> kContacts = {
    "campaign.Contacts", AnswerContacts};
// Whose contacts are the customer's.
inline constexpr CustomerQuestion<google::protobuf::Empty, v1::CustomerIds> kAllIds = {
    "campaign.AllIds", AnswerAllIds};
// NOT_FOUND: the partition knows no such customer, or no such campaign.
inline constexpr CustomerQuestion<v1::ExplainContactRequest, v1::ExplainContactResponse> kExplain =
    {"campaign.Explain", AnswerExplain};
// All but the contacts. NOT_FOUND: no such customer.
inline constexpr CustomerQuestion<google::protobuf::Empty, v1::ExportCustomerResponse> kExport = {
    "campaign.Export", AnswerExport};

std::vector<RawQuestion> Questions();

}  // namespace dangol::campaign
