#include "services/response/questions.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dangol/response/v1/state.pb.h"
#include "libs/base/names.h"
#include "libs/base/status.h"
#include "libs/stream/tables.h"
#include "services/response/customer.h"
#include "services/response/domain/cell_sums.h"

namespace dangol::response {
namespace {

// Where a listing goes on: at `skip` responses after the newest of the customer whose key is `key`,
// or at the customer after the key when that has no more.
struct Place {
  std::string key = "r";
  int skip = 0;
};

std::string EncodePlace(absl::string_view key, int skip) {
  return absl::StrCat(EncodeKey(static_cast<uint64_t>(skip)), key);
}

Place DecodePlace(const std::string& bytes) {
  if (bytes.size() < 8) return {};
  return {bytes.substr(8), static_cast<int>(DecodeKey(bytes.substr(0, 8)))};
}

// Appends the customer's responses to the campaign (empty: to all), newest first, from the `skip`th
// on. False when `size` are there and there is more: `next` is then set.
bool AppendNewestFirst(const v1::CustomerResponses& kept, const v1::ResponsesRequest& request,
                       absl::string_view key, int skip, v1::ResponsesAnswer* answer) {
  int taken = 0;  // of this customer, now or by an earlier answer
  for (int i = kept.responses_size() - 1; i >= 0; --i) {
    if (!request.campaign().empty() && kept.responses(i).campaign() != request.campaign()) continue;
    if (taken < skip) {
      ++taken;
      continue;
    }
    if (answer->responses_size() >= request.size()) {
      answer->set_next(EncodePlace(key, taken));
      return false;
    }
    *answer->add_responses() = kept.responses(i);
    ++taken;
  }
  return true;
}

void Export(const v1::Exposure& exposure, v1::MeasuredContact* out) {
  out->set_contact_id(exposure.contact_id());
  out->set_treatment_code(exposure.treatment_code());
  out->set_campaign(exposure.campaign());
  out->set_wave(exposure.wave());
  out->set_audience(exposure.audience());
  out->set_cell(exposure.cell());
  out->set_offer(exposure.offer());
  out->set_is_holdout_twin(exposure.is_holdout_twin());
  out->set_contact_time_us(exposure.contact_time_us());
  out->set_window_end_us(exposure.window_end_us());
  out->set_purchased(exposure.purchased());
  out->set_merged(exposure.merged());
  for (const auto& metric : exposure.metrics()) {
    v1::MeasuredValue* value = out->add_values();
    value->set_metric(metric.name());
    value->set_value(metric.value());
    value->set_responded(metric.responded());
  }
}

void Export(const v1::SeenActivity& seen, v1::RecentActivity* out) {
  out->set_message_id(seen.message_id());
  out->set_business_unit(seen.business_unit());
  out->set_kind(seen.kind());
  out->set_occurred_time_us(seen.occurred_time_us());
  out->set_net_minor(seen.net_minor());
  out->set_currency(seen.currency());
}

v1::CustomerResponses ResponsesOf(CustomerId id, StateView& state) {
  return LoadRecord<v1::CustomerResponses>(state, Table::kIndex, ResponsesKey(id));
}

}  // namespace

v1::CellsAnswer CellsOf(StateView& state, const std::string& campaign) {
  v1::CellsAnswer answer;
  ForEachRecord<v1::CellSums>(
      state, Table::kShared, SumsPrefix(campaign),
      [&](absl::string_view, const v1::CellSums& cell) { *answer.add_cells() = cell; });
  return answer;
}

absl::Status AddCells(const v1::CellsAnswer& part, Cells* cells) {
  for (const v1::CellSums& cell : part.cells()) {
    DANGOL_RETURN_IF_ERROR(MergeCell(cell, &(*cells)[{cell.wave(), cell.audience(), cell.cell()}]));
  }
  return absl::OkStatus();
}

namespace {

absl::Status AnswerCells(const v1::GetReportRequest& request, Processor&, StateView& state,
                         v1::CellsAnswer* answer) {
  *answer = CellsOf(state, request.campaign());
  return absl::OkStatus();
}

absl::Status AnswerResponses(const v1::ResponsesRequest& request, Processor&, StateView& state,
                             v1::ResponsesAnswer* answer) {
  const Place from = DecodePlace(request.from());
  state.Scan(Table::kIndex, from.key, [&](absl::string_view key, absl::string_view value) {
    if (!absl::StartsWith(key, "r")) return false;
    v1::CustomerResponses kept;
    kept.ParseFromArray(value.data(), static_cast<int>(value.size()));
    return AppendNewestFirst(kept, request, key, key == from.key ? from.skip : 0, answer);
  });
  return absl::OkStatus();
}

absl::Status AnswerResponsesOf(CustomerId id, const v1::ResponsesRequest& request, Processor&,
                               StateView& state, v1::ResponsesAnswer* answer) {
  const int skip = DecodePlace(request.from()).skip;
  AppendNewestFirst(ResponsesOf(id, state), request, Place().key, skip, answer);
  return absl::OkStatus();
}

absl::Status AnswerExport(CustomerId id, const google::protobuf::Empty&, Processor&,
                          StateView& state, v1::ExportCustomerResponse* answer) {
  answer->set_customer(CustomerName(id));
  const auto record = LoadRecord<v1::CustomerRecord>(state, Table::kCustomer, EncodeKey(id));
  for (const auto& exposure : record.exposures()) Export(exposure, answer->add_contacts());
  for (const auto& seen : record.recent()) Export(seen, answer->add_activities());
  *answer->mutable_responses() = ResponsesOf(id, state).responses();
  return absl::OkStatus();
}

}  // namespace

const Question<v1::GetReportRequest, v1::CellsAnswer> kCells = {"response.Cells", AnswerCells};
const Question<v1::ResponsesRequest, v1::ResponsesAnswer> kResponses = {"response.Responses",
                                                                        AnswerResponses};
const CustomerQuestion<v1::ResponsesRequest, v1::ResponsesAnswer> kResponsesOf = {
    "response.ResponsesOf", AnswerResponsesOf};
const CustomerQuestion<google::protobuf::Empty, v1::ExportCustomerResponse> kExport = {
    "response.Export", AnswerExport};

std::vector<RawQuestion> Questions() {
  return {Raw(kCells), Raw(kResponses), Raw(kResponsesOf), Raw(kExport)};
}

}  // namespace dangol::response
