// What is asked of the service's scopes, wherever they are owned (libs/stream/question.h).
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "dangol/response/v1/questions.pb.h"
#include "dangol/response/v1/response_service.pb.h"
#include "google/protobuf/empty.pb.h"
#include "libs/stream/question.h"
#include "services/response/domain/report.h"

namespace dangol::response {

absl::Status AnswerCells(const v1::GetReportRequest& request, Processor&, StateView& state,
                         v1::CellsAnswer* answer);
absl::Status AnswerResponses(const v1::ResponsesRequest& request, Processor&, StateView& state,
                             v1::ResponsesAnswer* answer);
absl::Status AnswerResponsesOf(CustomerId id, const v1::ResponsesRequest& request, Processor&,
                               StateView& state, v1::ResponsesAnswer* answer);
absl::Status AnswerExport(CustomerId id, const google::protobuf::Empty&, Processor&,
                          StateView& state, v1::ExportCustomerResponse* answer);

// The scope's part of each cell of the campaign.
inline constexpr Question<v1::GetReportRequest, v1::CellsAnswer> kCells = {"response.Cells",
                                                                           AnswerCells};
// A campaign's in the scope: customer by customer, newest first within each.
inline constexpr Question<v1::ResponsesRequest, v1::ResponsesAnswer> kResponses = {
    "response.Responses", AnswerResponses};
// A customer's to all campaigns, newest first.
inline constexpr CustomerQuestion<v1::ResponsesRequest, v1::ResponsesAnswer> kResponsesOf = {
    "response.ResponsesOf", AnswerResponsesOf};
inline constexpr CustomerQuestion<google::protobuf::Empty, v1::ExportCustomerResponse> kExport = {
    "response.Export", AnswerExport};

std::vector<RawQuestion> Questions();

v1::CellsAnswer CellsOf(StateView& state, const std::string& campaign);
// Adds a scope's part to what others know. DATA_LOSS: damaged sums.
absl::Status AddCells(const v1::CellsAnswer& part, Cells* cells);

}  // namespace dangol::response
