// What segmentation's RPCs ask of its scopes, here or on another instance, and how the partitions'
// answers add up. See libs/stream/question.h and query.h.
#pragma once

#include <vector>

#include "dangol/segmentation/v1/questions.pb.h"
#include "dangol/segmentation/v1/segmentation_service.pb.h"
#include "google/protobuf/empty.pb.h"
#include "libs/stream/question.h"
#include "services/segmentation/domain/catalogue.h"

namespace dangol::segmentation {

// NOT_FOUND: no such customer.
extern const CustomerQuestion<v1::ExplainRequest, v1::ExplainMembershipResponse> kExplain;
extern const CustomerQuestion<v1::FeaturesRequest, v1::CustomerFeatures> kFeatures;
extern const CustomerQuestion<google::protobuf::Empty, v1::ExportCustomerResponse> kExport;

// Of a partition's customers.
extern const Question<v1::CountRequest, v1::CountAudienceResponse> kCount;
extern const Question<v1::GridRequest, v1::RfmGrid> kGrid;
extern const Question<v1::MembersRequest, v1::MembersAnswer> kMembers;
extern const Question<google::protobuf::Empty, v1::KnownTraits> kTraits;
// The partition's status of each segment given.
extern const Question<v1::ListSegmentsResponse, v1::ListSegmentsResponse> kStatus;

// Of partition 0: what was applied, and what is applied.
extern const Question<v1::GetSegmentRequest, v1::Segment> kSegmentApplied;
extern const Question<v1::GetRfmSchemeRequest, v1::RfmScheme> kSchemeApplied;
extern const Question<v1::AppliedRequest, v1::ListSegmentsResponse> kSegments;
extern const Question<v1::AppliedRequest, v1::ListRfmSchemesResponse> kSchemes;
extern const Question<v1::CheckRequest, v1::CheckExpressionResponse> kCheck;
// The response with the warnings that the traits give.
extern const Question<v1::WarningsRequest, v1::ApplySegmentResponse> kWarnings;

std::vector<RawQuestion> Questions();

// Each adds a partition's part to the sum of those before it, which begins empty.
void AddCounts(const v1::CountAudienceResponse& part, v1::CountAudienceResponse* sum);
void AddGrid(const v1::RfmGrid& part, v1::RfmGrid* sum);
void AddTraits(const v1::KnownTraits& part, v1::KnownTraits* sum);
void AddStatuses(const v1::ListSegmentsResponse& part, v1::ListSegmentsResponse* sum);

}  // namespace dangol::segmentation
