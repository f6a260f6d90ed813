// What is asked of the service's scopes, wherever they are owned (libs/stream/question.h).
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "dangol/offer/v1/offer_service.pb.h"
#include "google/protobuf/empty.pb.h"
#include "libs/stream/question.h"

namespace dangol::offer {

absl::Status AnswerBudget(const v1::GetBudgetRequest& request, Processor&, StateView& state,
                          v1::Budget* answer);
absl::Status AnswerExport(CustomerId id, const google::protobuf::Empty&, Processor&,
                          StateView& state, v1::ExportCustomerResponse* answer);

// What the scope holds and spent of an offer's budget; the total is partition 0's.
inline constexpr Question<v1::GetBudgetRequest, v1::Budget> kBudget = {"offer.Budget",
                                                                       AnswerBudget};
inline constexpr CustomerQuestion<google::protobuf::Empty, v1::ExportCustomerResponse> kExport = {
    "offer.Export", AnswerExport};

std::vector<RawQuestion> Questions();

// The answers of all partitions as one.
v1::Budget SumOf(const std::vector<v1::Budget>& parts);

}  // namespace dangol::offer
