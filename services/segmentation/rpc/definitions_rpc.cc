// Segments and RFM schemes as resources of partition 0.
#include <utility>

#include "dangol/segmentation/v1/command.pb.h"
#include "libs/base/status.h"
#include "libs/rpc/commands.h"
#include "libs/rpc/page_token.h"
#include "libs/stream/ask.h"
#include "services/segmentation/rpc/segmentation_rpc.h"

namespace dangol::segmentation {
namespace {

constexpr Scope kOwner = {Service::kSegmentation, 0};

// Cuts a list that was read one beyond the page, and says where the next page begins.
template <typename Resource, typename Name>
std::string CutPage(int size, const std::string& query,
                    google::protobuf::RepeatedPtrField<Resource>* resources, const Name& name) {
  if (resources->size() <= size) return "";
  resources->RemoveLast();
  return rpc::EncodePageToken(query, name(resources->Get(size - 1)));
}

}  // namespace

grpc::Status SegmentationRpc::ApplySegment(grpc::ServerContext* context,
                                           const v1::ApplySegmentRequest* request,
                                           v1::ApplySegmentResponse* response) {
  return guard_.Run(
      context, rpc::Role::kPlanner, "segmentation.ApplySegment", *request,
      [&](rpc::Call& call) -> absl::Status {
        DANGOL_RETURN_IF_ERROR(call.AdoptRequestId(request->request_id()));
        v1::SegmentationCommand command;
        *command.mutable_apply_segment() = *request;
        command.mutable_apply_segment()->clear_request_id();
        DANGOL_RETURN_IF_ERROR(rpc::Execute(gateway_, kOwner, command, call, response));
        // Not part of the command, which must be the same when it is repeated.
        v1::WarningsRequest ask;
        *ask.mutable_applied() = *response;
        DANGOL_ASSIGN_OR_RETURN(*ask.mutable_traits(), TraitsSeen(call));
        DANGOL_ASSIGN_OR_RETURN(*response,
                                Ask(gateway_, kOwner, kWarnings, ask, call.deadline_steady_us()));
        return absl::OkStatus();
      });
}

grpc::Status SegmentationRpc::DeleteSegment(grpc::ServerContext* context,
                                            const v1::DeleteSegmentRequest* request,
                                            v1::Segment* response) {
  return guard_.Run(context, rpc::Role::kPlanner, "segmentation.DeleteSegment", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      DANGOL_RETURN_IF_ERROR(call.AdoptRequestId(request->request_id()));
                      v1::SegmentationCommand command;
                      *command.mutable_delete_segment() = *request;
                      command.mutable_delete_segment()->clear_request_id();
                      return rpc::Execute(gateway_, kOwner, command, call, response);
                    });
}

grpc::Status SegmentationRpc::ApplyRfmScheme(grpc::ServerContext* context,
                                             const v1::ApplyRfmSchemeRequest* request,
                                             v1::ApplyRfmSchemeResponse* response) {
  return guard_.Run(context, rpc::Role::kPlanner, "segmentation.ApplyRfmScheme", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      DANGOL_RETURN_IF_ERROR(call.AdoptRequestId(request->request_id()));
                      v1::SegmentationCommand command;
                      *command.mutable_apply_rfm_scheme() = *request;
                      command.mutable_apply_rfm_scheme()->clear_request_id();
                      return rpc::Execute(gateway_, kOwner, command, call, response);
                    });
}

absl::Status SegmentationRpc::AddSizes(const rpc::Call& call, v1::ListSegmentsResponse* response) {
  DANGOL_ASSIGN_OR_RETURN(const auto parts, AskAll(gateway_, kOwner.service, kStatus, *response,
                                                   call.deadline_steady_us()));
  for (const auto& part : parts) AddStatuses(part, response);
  return absl::OkStatus();
}

grpc::Status SegmentationRpc::GetSegment(grpc::ServerContext* context,
                                         const v1::GetSegmentRequest* request,
                                         v1::SegmentStatus* response) {
  return guard_.Run(context, rpc::Role::kReader, "segmentation.GetSegment", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      v1::ListSegmentsResponse one;
                      DANGOL_ASSIGN_OR_RETURN(*one.add_segments()->mutable_segment(),
                                              Ask(gateway_, kOwner, kSegmentApplied, *request,
                                                  call.deadline_steady_us()));
                      DANGOL_RETURN_IF_ERROR(AddSizes(call, &one));
                      *response = one.segments(0);
                      return absl::OkStatus();
                    });
}

grpc::Status SegmentationRpc::ListSegments(grpc::ServerContext* context,
                                           const v1::ListSegmentsRequest* request,
                                           v1::ListSegmentsResponse* response) {
  return guard_.Run(context, rpc::Role::kReader, "segmentation.ListSegments", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      const std::string query = rpc::QueryOf(*request);
                      DANGOL_ASSIGN_OR_RETURN(const int size, rpc::PageSize(request->page_size()));
                      v1::AppliedRequest ask;
                      ask.set_business_unit(request->business_unit());
                      DANGOL_ASSIGN_OR_RETURN(*ask.mutable_after(),
                                              rpc::DecodePageToken(request->page_token(), query));
                      ask.set_limit(static_cast<uint32_t>(size + 1));
                      DANGOL_ASSIGN_OR_RETURN(*response, Ask(gateway_, kOwner, kSegments, ask,
                                                             call.deadline_steady_us()));
                      response->set_next_page_token(CutPage(
                          size, query, response->mutable_segments(),
                          [](const v1::SegmentStatus& status) { return status.segment().name(); }));
                      return AddSizes(call, response);
                    });
}

grpc::Status SegmentationRpc::GetRfmScheme(grpc::ServerContext* context,
                                           const v1::GetRfmSchemeRequest* request,
                                           v1::RfmScheme* response) {
  return guard_.Run(context, rpc::Role::kReader, "segmentation.GetRfmScheme", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      DANGOL_ASSIGN_OR_RETURN(*response, Ask(gateway_, kOwner, kSchemeApplied,
                                                             *request, call.deadline_steady_us()));
                      return absl::OkStatus();
                    });
}

grpc::Status SegmentationRpc::ListRfmSchemes(grpc::ServerContext* context,
                                             const v1::ListRfmSchemesRequest* request,
                                             v1::ListRfmSchemesResponse* response) {
  return guard_.Run(context, rpc::Role::kReader, "segmentation.ListRfmSchemes", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      const std::string query = rpc::QueryOf(*request);
                      DANGOL_ASSIGN_OR_RETURN(const int size, rpc::PageSize(request->page_size()));
                      v1::AppliedRequest ask;
                      DANGOL_ASSIGN_OR_RETURN(*ask.mutable_after(),
                                              rpc::DecodePageToken(request->page_token(), query));
                      ask.set_limit(static_cast<uint32_t>(size + 1));
                      DANGOL_ASSIGN_OR_RETURN(*response, Ask(gateway_, kOwner, kSchemes, ask,
                                                             call.deadline_steady_us()));
                      response->set_next_page_token(
                          CutPage(size, query, response->mutable_rfm_schemes(),
                                  [](const v1::RfmScheme& scheme) { return scheme.name(); }));
                      return absl::OkStatus();
                    });
}

grpc::Status SegmentationRpc::CheckExpression(grpc::ServerContext* context,
                                              const v1::CheckExpressionRequest* request,
                                              v1::CheckExpressionResponse* response) {
  return guard_.Run(context, rpc::Role::kReader, "segmentation.CheckExpression", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      v1::CheckRequest ask;
                      *ask.mutable_request() = *request;
                      DANGOL_ASSIGN_OR_RETURN(*ask.mutable_traits(), TraitsSeen(call));
                      DANGOL_ASSIGN_OR_RETURN(
                          *response, Ask(gateway_, kOwner, kCheck, ask, call.deadline_steady_us()));
                      return absl::OkStatus();
                    });
}

}  // namespace dangol::segmentation
