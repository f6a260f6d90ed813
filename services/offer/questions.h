// What is asked of the service's scopes, wherever they are owned (libs/stream/question.h).
#pragma once

#include <vector>

#include "dangol/offer/v1/offer_service.pb.h"
#include "google/protobuf/empty.pb.h"
#include "libs/stream/question.h"

namespace dangol::offer {

// What the scope holds and spent of an offer's budget; the total is partition 0's.
extern const Question<v1::GetBudgetRequest, v1::Budget> kBudget;
extern const CustomerQuestion<google::protobuf::Empty, v1::ExportCustomerResponse> kExport;

std::vector<RawQuestion> Questions();

// The answers of all partitions as one.
v1::Budget SumOf(const std::vector<v1::Budget>& parts);

}  // namespace dangol::offer
