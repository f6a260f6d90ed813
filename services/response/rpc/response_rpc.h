// ResponseService over gRPC.
#pragma once

#include <string>
#include <utility>

#include "dangol/campaign/v1/campaign.pb.h"
#include "dangol/response/v1/response_service.grpc.pb.h"
#include "libs/rpc/call.h"
#include "libs/stream/gateway.h"
#include "services/response/app.h"

namespace dangol::response {

// Thread-safe.
class ResponseRpc final : public v1::ResponseService::Service {
 public:
  ResponseRpc(Gateway& gateway, const rpc::Guard& guard, App::Resolver resolver)
      : gateway_(gateway), guard_(guard), resolver_(std::move(resolver)) {}

  grpc::Status GetReport(grpc::ServerContext* context, const v1::GetReportRequest* request,
                         v1::Report* response) override;
  grpc::Status RenderReport(grpc::ServerContext* context, const v1::RenderReportRequest* request,
                            v1::RenderReportResponse* response) override;
  grpc::Status ListResponses(grpc::ServerContext* context, const v1::ListResponsesRequest* request,
                             v1::ListResponsesResponse* response) override;
  grpc::Status ExportCustomer(grpc::ServerContext* context,
                              const v1::ExportCustomerRequest* request,
                              v1::ExportCustomerResponse* response) override;

 private:
  absl::StatusOr<v1::Report> Report(const v1::GetReportRequest& request, const rpc::Call& call);
  // NOT_FOUND: no such campaign.
  absl::StatusOr<campaign::v1::Campaign> FindCampaign(const std::string& name,
                                                      const rpc::Call& call);
  absl::Status ListOfCustomer(const v1::ListResponsesRequest& request, const std::string& cursor,
                              int size, const rpc::Call& call, v1::ListResponsesResponse* response);
  absl::Status ListOfCampaign(const v1::ListResponsesRequest& request, const std::string& cursor,
                              int size, const rpc::Call& call, v1::ListResponsesResponse* response);

  Gateway& gateway_;
  const rpc::Guard& guard_;
  App::Resolver resolver_;
};

}  // namespace dangol::response
