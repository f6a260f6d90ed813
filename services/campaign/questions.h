// What is asked of the service's scopes, wherever they are owned (libs/stream/question.h).
#pragma once

#include <vector>

#include "dangol/campaign/v1/campaign_service.pb.h"
#include "dangol/campaign/v1/questions.pb.h"
#include "google/protobuf/empty.pb.h"
#include "google/protobuf/wrappers.pb.h"
#include "libs/stream/question.h"

namespace dangol::campaign {

// Whether every name that the campaign uses is defined there.
extern const Question<v1::Campaign, google::protobuf::BoolValue> kNamesKnown;
// The frame (EmptyProgress), filled with what the partition counted: see AddProgress.
extern const Question<v1::Progress, v1::Progress> kProgress;
// The partition's attempts without an outcome.
extern const Question<google::protobuf::Empty, v1::PauseAllResponse> kInFlight;
// In order of raw contact id.
extern const Question<v1::ContactsRequest, v1::ListContactsResponse> kContacts;
// Whose contacts are the customer's.
extern const CustomerQuestion<google::protobuf::Empty, v1::CustomerIds> kAllIds;
// NOT_FOUND: the partition knows no such customer, or no such campaign.
extern const CustomerQuestion<v1::ExplainContactRequest, v1::ExplainContactResponse> kExplain;
// All but the contacts. NOT_FOUND: no such customer.
extern const CustomerQuestion<google::protobuf::Empty, v1::ExportCustomerResponse> kExport;

std::vector<RawQuestion> Questions();

}  // namespace dangol::campaign
