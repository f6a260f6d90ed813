#include "services/response/rpc/response_rpc.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "dangol/campaign/v1/campaign.pb.h"
#include "dangol/common/v1/business_unit.pb.h"
#include "libs/base/status.h"
#include "libs/rpc/page_token.h"
#include "libs/rpc/request_check.h"
#include "libs/stream/ask.h"
#include "libs/stream/rows.h"
#include "services/response/definitions.h"
#include "services/response/domain/report.h"
#include "services/response/questions.h"
#include "services/response/report/html.h"

namespace dangol::response {
namespace {

constexpr Scope kOwner = {Service::kResponse, 0};

// The cursor of a listing: the partition (0: a customer's), and where it goes on there.
struct Cursor {
  Partition partition = 0;
  std::string place;
};

Cursor DecodeCursor(const std::string& bytes) {
  if (bytes.size() < 16) return {};
  return {static_cast<Partition>(DecodeKey(bytes.substr(0, 8))), bytes.substr(8)};
}

// True: the page is full, and its token says to go on there.
bool FillPage(Partition partition, v1::ResponsesAnswer answer,
              const v1::ListResponsesRequest& request, v1::ListResponsesResponse* response) {
  for (auto& one : *answer.mutable_responses()) *response->add_responses() = std::move(one);
  if (answer.next().empty()) return false;
  response->set_next_page_token(
      rpc::EncodePageToken(rpc::QueryOf(request), EncodeKey(partition) + answer.next()));
  return true;
}

}  // namespace

absl::StatusOr<campaign::v1::Campaign> ResponseRpc::FindCampaign(const std::string& name,
                                                                 const rpc::Call& call) {
  DANGOL_RETURN_IF_ERROR(rpc::CheckGiven("campaign", name));
  DANGOL_ASSIGN_OR_RETURN(
      auto campaign,
      AskRecord<campaign::v1::Campaign>(gateway_, kOwner, Table::kShared,
                                        absl::StrCat(kCampaigns, name), call.deadline_steady_us()));
  if (!campaign) return NotFound("campaign", name);
  return *std::move(campaign);
}

absl::StatusOr<v1::Report> ResponseRpc::Report(const v1::GetReportRequest& request,
                                               const rpc::Call& call) {
  DANGOL_RETURN_IF_ERROR(CheckReportRequest(request));
  DANGOL_ASSIGN_OR_RETURN(const auto campaign, FindCampaign(request.campaign(), call));
  const Micros deadline = call.deadline_steady_us();
  DANGOL_ASSIGN_OR_RETURN(const auto unit,
                          AskRecord<common::v1::BusinessUnit>(
                              gateway_, kOwner, Table::kShared,
                              absl::StrCat(kBusinessUnits, campaign.business_unit()), deadline));
  DANGOL_ASSIGN_OR_RETURN(const auto parts,
                          AskAll(gateway_, kOwner.service, kCells, request, deadline));
  Cells cells;
  for (const v1::CellsAnswer& part : parts) DANGOL_RETURN_IF_ERROR(AddCells(part, &cells));
  return BuildReport(campaign, unit ? unit->currency() : "", cells, request, gateway_.Now());
}

grpc::Status ResponseRpc::GetReport(grpc::ServerContext* context,
                                    const v1::GetReportRequest* request, v1::Report* response) {
  return guard_.Run(context, rpc::Role::kReader, "response.GetReport", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      DANGOL_ASSIGN_OR_RETURN(*response, Report(*request, call));
                      return absl::OkStatus();
                    });
}

grpc::Status ResponseRpc::RenderReport(grpc::ServerContext* context,
                                       const v1::RenderReportRequest* request,
                                       v1::RenderReportResponse* response) {
  return guard_.Run(context, rpc::Role::kReader, "response.RenderReport", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      DANGOL_ASSIGN_OR_RETURN(const v1::Report report,
                                              Report(request->report(), call));
                      response->set_html(RenderHtml(report, *request));
                      return absl::OkStatus();
                    });
}

absl::Status ResponseRpc::ListOfCustomer(const v1::ListResponsesRequest& request,
                                         const std::string& cursor, int size, const rpc::Call& call,
                                         v1::ListResponsesResponse* response) {
  const Micros deadline = call.deadline_steady_us();
  DANGOL_ASSIGN_OR_RETURN(const CustomerId id, resolver_(request.customer(), deadline));
  v1::ResponsesRequest page;
  page.set_size(size);
  page.set_from(DecodeCursor(cursor).place);
  DANGOL_ASSIGN_OR_RETURN(auto answer,
                          AskCustomer(gateway_, kOwner.service, id, kResponsesOf, page, deadline));
  FillPage(0, std::move(answer), request, response);
  return absl::OkStatus();
}

absl::Status ResponseRpc::ListOfCampaign(const v1::ListResponsesRequest& request,
                                         const std::string& cursor, int size, const rpc::Call& call,
                                         v1::ListResponsesResponse* response) {
  DANGOL_RETURN_IF_ERROR(FindCampaign(request.campaign(), call).status());
  Cursor at = DecodeCursor(cursor);
  v1::ResponsesRequest page;
  page.set_campaign(request.campaign());
  for (; at.partition < gateway_.partitions(); ++at.partition, at.place.clear()) {
    page.set_size(size - response->responses_size());
    page.set_from(at.place);
    DANGOL_ASSIGN_OR_RETURN(auto answer, Ask(gateway_, {kOwner.service, at.partition}, kResponses,
                                             page, call.deadline_steady_us()));
    if (FillPage(at.partition, std::move(answer), request, response)) break;
  }
  return absl::OkStatus();
}

grpc::Status ResponseRpc::ListResponses(grpc::ServerContext* context,
                                        const v1::ListResponsesRequest* request,
                                        v1::ListResponsesResponse* response) {
  return guard_.Run(
      context, rpc::Role::kReader, "response.ListResponses", *request,
      [&](rpc::Call& call) -> absl::Status {
        if (request->campaign().empty() != request->has_customer()) {
          return BadField("campaign", request->campaign(), "and customer are both or neither given",
                          "give exactly one of the two");
        }
        DANGOL_ASSIGN_OR_RETURN(const int size, rpc::PageSize(request->page_size()));
        DANGOL_ASSIGN_OR_RETURN(
            const std::string cursor,
            rpc::DecodePageToken(request->page_token(), rpc::QueryOf(*request)));
        return request->has_customer() ? ListOfCustomer(*request, cursor, size, call, response)
                                       : ListOfCampaign(*request, cursor, size, call, response);
      });
}

grpc::Status ResponseRpc::ExportCustomer(grpc::ServerContext* context,
                                         const v1::ExportCustomerRequest* request,
                                         v1::ExportCustomerResponse* response) {
  return guard_.Run(
      context, rpc::Role::kOperator, "response.ExportCustomer", *request,
      [&](rpc::Call& call) -> absl::Status {
        const Micros deadline = call.deadline_steady_us();
        DANGOL_ASSIGN_OR_RETURN(const CustomerId id, resolver_(request->customer(), deadline));
        DANGOL_ASSIGN_OR_RETURN(*response,
                                AskCustomer(gateway_, kOwner.service, id, kExport, {}, deadline));
        return absl::OkStatus();
      });
}

}  // namespace dangol::response
