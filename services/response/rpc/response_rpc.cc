#include "services/response/rpc/response_rpc.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dangol/campaign/v1/campaign.pb.h"
#include "dangol/common/v1/business_unit.pb.h"
#include "dangol/response/v1/state.pb.h"
#include "libs/base/status.h"
#include "libs/rpc/page_token.h"
#include "libs/rpc/request_check.h"
#include "libs/stream/follow.h"
#include "libs/stream/tables.h"
#include "services/response/customer.h"
#include "services/response/definitions.h"
#include "services/response/domain/report.h"
#include "services/response/read_cells.h"
#include "services/response/report/html.h"

namespace dangol::response {
namespace {

constexpr Service kMe = Service::kResponse;

// Where a listing of a campaign goes on: at `skip` responses after the newest of the customer whose
// key is `key`, or at the customer after the key when that has no more.
struct Cursor {
  Partition partition = 0;
  std::string key = "r";
  int skip = 0;
};

std::string EncodeCursor(const Cursor& cursor) {
  return absl::StrCat(EncodeKey(cursor.partition), EncodeKey(static_cast<uint64_t>(cursor.skip)),
                      cursor.key);
}

Cursor DecodeCursor(const std::string& bytes) {
  if (bytes.size() < 16) return {};
  return {static_cast<Partition>(DecodeKey(bytes.substr(0, 8))), bytes.substr(16),
          static_cast<int>(DecodeKey(bytes.substr(8, 8)))};
}

// Appends the customer's responses to the campaign, newest first, from the `skip`th on. False when
// the page is full; `*taken` is then how many of them stand on this page or an earlier one.
bool AppendNewestFirst(const v1::CustomerResponses& kept, const std::string& campaign, int skip,
                       int size, int* taken, v1::ListResponsesResponse* response) {
  *taken = 0;
  for (int i = kept.responses_size() - 1; i >= 0; --i) {
    if (!campaign.empty() && kept.responses(i).campaign() != campaign) continue;
    if (*taken < skip) {
      ++*taken;
      continue;
    }
    if (response->responses_size() >= size) return false;
    *response->add_responses() = kept.responses(i);
    ++*taken;
  }
  return true;
}

}  // namespace

absl::Status ResponseRpc::CheckCampaign(const std::string& name, const rpc::Call& call) {
  DANGOL_RETURN_IF_ERROR(rpc::CheckGiven("campaign", name));
  return gateway_.Read({kMe, 0}, call.deadline_steady_us(),
                       [&](Processor&, StateView& state) -> absl::Status {
                         const std::string key = absl::StrCat(kCampaigns, name);
                         if (state.Get(Table::kShared, key) != nullptr) return absl::OkStatus();
                         return NotFound("campaign", name);
                       });
}

absl::StatusOr<v1::Report> ResponseRpc::Report(const v1::GetReportRequest& request,
                                               const rpc::Call& call) {
  DANGOL_RETURN_IF_ERROR(CheckReportRequest(request));
  DANGOL_RETURN_IF_ERROR(CheckCampaign(request.campaign(), call));
  campaign::v1::Campaign campaign;
  std::string currency;
  Cells cells;
  DANGOL_RETURN_IF_ERROR(gateway_.ReadAll(
      kMe, call.deadline_steady_us(), [&](Processor&, StateView& state) -> absl::Status {
        if (state.scope().partition == 0) {
          campaign = LoadRecord<campaign::v1::Campaign>(
              state, Table::kShared, absl::StrCat(kCampaigns, request.campaign()));
          currency =
              LoadRecord<common::v1::BusinessUnit>(
                  state, Table::kShared, absl::StrCat(kBusinessUnits, campaign.business_unit()))
                  .currency();
        }
        return CollectCells(state, request.campaign(), &cells);
      }));
  return BuildReport(campaign, currency, cells, request, gateway_.Now());
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
  DANGOL_ASSIGN_OR_RETURN(const CustomerId id,
                          resolver_(request.customer(), call.deadline_steady_us()));
  const int skip = DecodeCursor(cursor).skip;
  int taken = 0;
  bool all = true;
  DANGOL_RETURN_IF_ERROR(
      ReadCustomer(gateway_, kMe, id, call.deadline_steady_us(),
                   [&](CustomerId now, Processor&, StateView& state) -> absl::Status {
                     const auto kept =
                         LoadRecord<v1::CustomerResponses>(state, Table::kIndex, ResponsesKey(now));
                     all = AppendNewestFirst(kept, "", skip, size, &taken, response);
                     return absl::OkStatus();
                   }));
  if (!all) {
    response->set_next_page_token(
        rpc::EncodePageToken(rpc::QueryOf(request), EncodeCursor({0, "r", taken})));
  }
  return absl::OkStatus();
}

absl::Status ResponseRpc::ListOfCampaign(const v1::ListResponsesRequest& request,
                                         const std::string& cursor, int size, const rpc::Call& call,
                                         v1::ListResponsesResponse* response) {
  DANGOL_RETURN_IF_ERROR(CheckCampaign(request.campaign(), call));
  Cursor at = DecodeCursor(cursor);
  bool full = false;
  for (; !full && at.partition < gateway_.partitions(); ++at.partition, at.key = "r", at.skip = 0) {
    DANGOL_RETURN_IF_ERROR(gateway_.Read(
        {kMe, at.partition}, call.deadline_steady_us(),
        [&](Processor&, StateView& state) -> absl::Status {
          state.Scan(Table::kIndex, at.key, [&](absl::string_view key, absl::string_view value) {
            if (!absl::StartsWith(key, "r")) return false;
            v1::CustomerResponses kept;
            kept.ParseFromArray(value.data(), static_cast<int>(value.size()));
            const int skip = key == at.key ? at.skip : 0;
            int taken = 0;
            full = !AppendNewestFirst(kept, request.campaign(), skip, size, &taken, response);
            if (full) {
              response->set_next_page_token(rpc::EncodePageToken(
                  rpc::QueryOf(request), EncodeCursor({at.partition, std::string(key), taken})));
            }
            return !full;
          });
          return absl::OkStatus();
        }));
    if (full) break;
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

}  // namespace dangol::response
