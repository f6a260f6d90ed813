// What profile's RPCs ask of its scopes, here or on another instance. See libs/stream/question.h.
#pragma once

#include <vector>

#include "dangol/profile/v1/profile_service.pb.h"
#include "dangol/profile/v1/questions.pb.h"
#include "dangol/profile/v1/state.pb.h"
#include "google/protobuf/empty.pb.h"
#include "libs/stream/question.h"

namespace dangol::profile {

// NOT_FOUND, here and below: no such customer.
extern const CustomerQuestion<google::protobuf::Empty, v1::Customer> kCustomer;
extern const CustomerQuestion<google::protobuf::Empty, google::protobuf::Empty> kExists;
extern const CustomerQuestion<v1::TimelineRequest, v1::TimelineAnswer> kTimeline;
// NOT_FOUND: no such merge stands with the customer.
extern const CustomerQuestion<v1::PairRequest, v1::Merge> kMerge;
// Without the customer itself.
extern const CustomerQuestion<google::protobuf::Empty, v1::ExportCustomerResponse> kExport;

// A partition's customers in order of id.
extern const Question<v1::CustomersRequest, v1::ListCustomersResponse> kCustomers;
extern const Question<v1::AddressesRequest, v1::AddressesAnswer> kAddresses;
// A partition's sums; see domain/stats.h.
extern const Question<google::protobuf::Empty, v1::StatsRecord> kStats;

std::vector<RawQuestion> Questions();

}  // namespace dangol::profile
