// Segments and RFM schemes as resources of partition 0.
#include <utility>

#include "dangol/segmentation/v1/command.pb.h"
#include "libs/base/status.h"
#include "libs/rpc/commands.h"
#include "libs/rpc/page_token.h"
#include "services/segmentation/rpc/segmentation_rpc.h"

namespace dangol::segmentation {
namespace {

constexpr Scope kOwner = {Service::kSegmentation, 0};

// Cuts a list that was read one beyond the page, and says where the next page begins.
template <typename Resource>
std::string CutPage(int size, const std::string& query, std::vector<Resource>* resources) {
  if (static_cast<int>(resources->size()) <= size) return "";
  resources->resize(size);
  return rpc::EncodePageToken(query, resources->back().name());
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
        DANGOL_ASSIGN_OR_RETURN(const KnownTraits traits, TraitsSeen(call));
        return Ask(0, 0, call, [&](Asked asked) {
          asked.traits = &traits;
          AddTraitWarnings(asked, response);
          return absl::OkStatus();
        });
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

grpc::Status SegmentationRpc::GetSegment(grpc::ServerContext* context,
                                         const v1::GetSegmentRequest* request,
                                         v1::SegmentStatus* response) {
  return guard_.Run(context, rpc::Role::kReader, "segmentation.GetSegment", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      DANGOL_RETURN_IF_ERROR(Ask(0, 0, call, [&](Asked asked) -> absl::Status {
                        DANGOL_ASSIGN_OR_RETURN(*response->mutable_segment(),
                                                AppliedSegment(asked.state, request->name()));
                        return absl::OkStatus();
                      }));
                      return AskAll(0, call, [&](Asked asked) {
                        AddStatus(asked, response);
                        return absl::OkStatus();
                      });
                    });
}

grpc::Status SegmentationRpc::ListSegments(grpc::ServerContext* context,
                                           const v1::ListSegmentsRequest* request,
                                           v1::ListSegmentsResponse* response) {
  return guard_.Run(context, rpc::Role::kReader, "segmentation.ListSegments", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      const std::string query = rpc::QueryOf(*request);
                      DANGOL_ASSIGN_OR_RETURN(const int size, rpc::PageSize(request->page_size()));
                      DANGOL_ASSIGN_OR_RETURN(const std::string after,
                                              rpc::DecodePageToken(request->page_token(), query));
                      std::vector<v1::Segment> segments;
                      DANGOL_RETURN_IF_ERROR(Ask(0, 0, call, [&](Asked asked) {
                        segments =
                            AppliedSegments(asked.state, request->business_unit(), after, size + 1);
                        return absl::OkStatus();
                      }));
                      response->set_next_page_token(CutPage(size, query, &segments));
                      for (v1::Segment& segment : segments) {
                        *response->add_segments()->mutable_segment() = std::move(segment);
                      }
                      return AskAll(0, call, [&](Asked asked) {
                        for (v1::SegmentStatus& status : *response->mutable_segments())
                          AddStatus(asked, &status);
                        return absl::OkStatus();
                      });
                    });
}

grpc::Status SegmentationRpc::GetRfmScheme(grpc::ServerContext* context,
                                           const v1::GetRfmSchemeRequest* request,
                                           v1::RfmScheme* response) {
  return guard_.Run(
      context, rpc::Role::kReader, "segmentation.GetRfmScheme", *request, [&](rpc::Call& call) {
        return Ask(0, 0, call, [&](Asked asked) -> absl::Status {
          DANGOL_ASSIGN_OR_RETURN(*response, AppliedScheme(asked.state, request->name()));
          return absl::OkStatus();
        });
      });
}

grpc::Status SegmentationRpc::ListRfmSchemes(grpc::ServerContext* context,
                                             const v1::ListRfmSchemesRequest* request,
                                             v1::ListRfmSchemesResponse* response) {
  return guard_.Run(context, rpc::Role::kReader, "segmentation.ListRfmSchemes", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      const std::string query = rpc::QueryOf(*request);
                      DANGOL_ASSIGN_OR_RETURN(const int size, rpc::PageSize(request->page_size()));
                      DANGOL_ASSIGN_OR_RETURN(const std::string after,
                                              rpc::DecodePageToken(request->page_token(), query));
                      std::vector<v1::RfmScheme> schemes;
                      DANGOL_RETURN_IF_ERROR(Ask(0, 0, call, [&](Asked asked) {
                        schemes = AppliedSchemes(asked.state, after, size + 1);
                        return absl::OkStatus();
                      }));
                      response->set_next_page_token(CutPage(size, query, &schemes));
                      for (v1::RfmScheme& scheme : schemes)
                        *response->add_rfm_schemes() = std::move(scheme);
                      return absl::OkStatus();
                    });
}

grpc::Status SegmentationRpc::CheckExpression(grpc::ServerContext* context,
                                              const v1::CheckExpressionRequest* request,
                                              v1::CheckExpressionResponse* response) {
  return guard_.Run(context, rpc::Role::kReader, "segmentation.CheckExpression", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      DANGOL_ASSIGN_OR_RETURN(const KnownTraits traits, TraitsSeen(call));
                      return Ask(0, 0, call, [&](Asked asked) {
                        asked.traits = &traits;
                        return segmentation::CheckExpression(asked, *request, response);
                      });
                    });
}

}  // namespace dangol::segmentation
