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

// The scope's part of each cell of the campaign.
extern const Question<v1::GetReportRequest, v1::CellsAnswer> kCells;
// A campaign's in the scope: customer by customer, newest first within each.
extern const Question<v1::ResponsesRequest, v1::ResponsesAnswer> kResponses;
// A customer's to all campaigns, newest first.
extern const CustomerQuestion<v1::ResponsesRequest, v1::ResponsesAnswer> kResponsesOf;
extern const CustomerQuestion<google::protobuf::Empty, v1::ExportCustomerResponse> kExport;

std::vector<RawQuestion> Questions();

v1::CellsAnswer CellsOf(StateView& state, const std::string& campaign);
// Adds a scope's part to what others know. DATA_LOSS: damaged sums.
absl::Status AddCells(const v1::CellsAnswer& part, Cells* cells);

}  // namespace dangol::response
