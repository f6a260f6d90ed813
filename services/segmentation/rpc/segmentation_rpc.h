// SegmentationService over gRPC.
#pragma once

#include "dangol/segmentation/v1/segmentation_service.grpc.pb.h"
#include "libs/rpc/call.h"
#include "libs/stream/gateway.h"
#include "services/segmentation/app.h"
#include "services/segmentation/questions.h"

namespace dangol::segmentation {

// Thread-safe.
class SegmentationRpc final : public v1::SegmentationService::Service {
 public:
  SegmentationRpc(Gateway& gateway, const rpc::Guard& guard, App::Resolver resolver)
      : gateway_(gateway), guard_(guard), resolver_(std::move(resolver)) {}

  // definitions_rpc.cc
  grpc::Status ApplySegment(grpc::ServerContext* context, const v1::ApplySegmentRequest* request,
                            v1::ApplySegmentResponse* response) override;
  grpc::Status GetSegment(grpc::ServerContext* context, const v1::GetSegmentRequest* request,
                          v1::SegmentStatus* response) override;
  grpc::Status ListSegments(grpc::ServerContext* context, const v1::ListSegmentsRequest* request,
                            v1::ListSegmentsResponse* response) override;
  grpc::Status DeleteSegment(grpc::ServerContext* context, const v1::DeleteSegmentRequest* request,
                             v1::Segment* response) override;
  grpc::Status ApplyRfmScheme(grpc::ServerContext* context,
                              const v1::ApplyRfmSchemeRequest* request,
                              v1::ApplyRfmSchemeResponse* response) override;
  grpc::Status GetRfmScheme(grpc::ServerContext* context, const v1::GetRfmSchemeRequest* request,
                            v1::RfmScheme* response) override;
  grpc::Status ListRfmSchemes(grpc::ServerContext* context,
                              const v1::ListRfmSchemesRequest* request,
                              v1::ListRfmSchemesResponse* response) override;
  grpc::Status CheckExpression(grpc::ServerContext* context,
                               const v1::CheckExpressionRequest* request,
                               v1::CheckExpressionResponse* response) override;

  // customers_rpc.cc
  grpc::Status CountAudience(grpc::ServerContext* context, const v1::CountAudienceRequest* request,
                             v1::CountAudienceResponse* response) override;
  grpc::Status ListMembers(grpc::ServerContext* context, const v1::ListMembersRequest* request,
                           v1::ListMembersResponse* response) override;
  grpc::Status ExplainMembership(grpc::ServerContext* context,
                                 const v1::ExplainMembershipRequest* request,
                                 v1::ExplainMembershipResponse* response) override;
  grpc::Status GetFeatures(grpc::ServerContext* context, const v1::GetFeaturesRequest* request,
                           v1::CustomerFeatures* response) override;
  grpc::Status GetRfmGrid(grpc::ServerContext* context, const v1::GetRfmGridRequest* request,
                          v1::RfmGrid* response) override;
  grpc::Status ExportCustomer(grpc::ServerContext* context,
                              const v1::ExportCustomerRequest* request,
                              v1::ExportCustomerResponse* response) override;

 private:
  // In any partition.
  absl::StatusOr<v1::KnownTraits> TraitsSeen(const rpc::Call& call);
  // Each partition's part of the statuses of the segments in `response`.
  absl::Status AddSizes(const rpc::Call& call, v1::ListSegmentsResponse* response);
  // The instant asked for: now where none is given. INVALID_ARGUMENT: in the future.
  absl::StatusOr<Micros> InstantOf(int64_t as_of_time_us) const;

  Gateway& gateway_;
  const rpc::Guard& guard_;
  App::Resolver resolver_;
};

}  // namespace dangol::segmentation
