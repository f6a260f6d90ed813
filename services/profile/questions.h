// What profile's RPCs ask of its scopes, here or on another instance. See libs/stream/question.h.
#pragma once

#include <vector>

#include "dangol/profile/v1/profile_service.pb.h"
#include "dangol/profile/v1/questions.pb.h"
#include "dangol/profile/v1/state.pb.h"
#include "google/protobuf/empty.pb.h"
#include "libs/stream/question.h"

namespace dangol::profile {

using google::protobuf::Empty;

// NOT_FOUND, here and below: no such customer.
extern const CustomerQuestion<Empty, v1::Customer> kCustomerQuestion;
extern const CustomerQuestion<Empty, Empty> kExistsQuestion;
extern const CustomerQuestion<v1::TimelineRequest, v1::TimelineAnswer> kTimelineQuestion;
// NOT_FOUND: no such merge stands with the customer.
extern const CustomerQuestion<v1::PairRequest, v1::Merge> kMergeQuestion;
// Without the customer itself.
extern const CustomerQuestion<Empty, v1::ExportCustomerResponse> kExportQuestion;

// A partition's customers in order of id.
extern const Question<v1::CustomersRequest, v1::ListCustomersResponse> kCustomersQuestion;
extern const Question<v1::AddressesRequest, v1::AddressesAnswer> kAddressesQuestion;
// A partition's sums; see domain/stats.h.
extern const Question<Empty, v1::StatsRecord> kStatsQuestion;

std::vector<RawQuestion> Questions();

}  // namespace dangol::profile
