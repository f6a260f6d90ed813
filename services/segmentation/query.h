// What one partition can say; questions.h adds up the answers of several. Nothing here changes
// anything.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/stream/context.h"
#include "services/segmentation/domain/catalogue.h"

namespace dangol::segmentation::v1 {
class ApplySegmentResponse;
class CheckExpressionRequest;
class CheckExpressionResponse;
class CountAudienceRequest;
class CountAudienceResponse;
class CustomerFeatures;
class ExportCustomerResponse;
class ExplainMembershipResponse;
class ListMembersResponse;
class RfmGrid;
class RfmScheme;
class Segment;
class SegmentStatus;
}  // namespace dangol::segmentation::v1

namespace dangol::segmentation {

// What a question needs of the partition it is asked in.
struct Asked {
  const Catalogue& catalogue;
  StateView& state;
  // The instant asked for; 0: the partition's now.
  Micros at = 0;
  // Seen in any partition; null: only this one's are known.
  const KnownTraits* traits = nullptr;
  Micros instant() const { return at == 0 ? state.now() : at; }
};

// What to compile an expression of the unit with.
expr::Schema SchemaFor(Asked asked, const BusinessUnit& unit);

// Field errors name "segments[i]" and "cuts[i]".
absl::Status CountPartition(Asked asked, const v1::CountAudienceRequest& request,
                            v1::CountAudienceResponse* response);

absl::Status GridOfPartition(Asked asked, absl::string_view scheme, absl::string_view business_unit,
                             v1::RfmGrid* grid);

// The customer's record must be in this partition. NOT_FOUND otherwise.
absl::Status ExplainMembership(Asked asked, CustomerId customer, absl::string_view segment,
                               v1::ExplainMembershipResponse* response);
absl::Status GetFeatures(Asked asked, CustomerId customer, absl::string_view business_unit,
                         v1::CustomerFeatures* features);
// Everything the record holds.
absl::Status ExportCustomer(Asked asked, CustomerId customer, v1::ExportCustomerResponse* response);

// Up to `limit` members from `from_key` on. Returns the key to go on from, "" at the end of the
// partition. NOT_FOUND: the partition knows no such segment.
absl::StatusOr<std::string> ListMembers(Asked asked, absl::string_view segment,
                                        absl::string_view from_key, int limit,
                                        v1::ListMembersResponse* response);

absl::Status CheckExpression(Asked asked, const v1::CheckExpressionRequest& request,
                             v1::CheckExpressionResponse* response);

// On partition 0: adds what the traits seen say of the segment in `response`.
void AddTraitWarnings(Asked asked, v1::ApplySegmentResponse* response);

// On partition 0: what was applied. By name, from after `after` on, at most `limit`.
std::vector<v1::Segment> AppliedSegments(StateView& state, absl::string_view business_unit,
                                         absl::string_view after, int limit);
std::vector<v1::RfmScheme> AppliedSchemes(StateView& state, absl::string_view after, int limit);
absl::StatusOr<v1::Segment> AppliedSegment(StateView& state, absl::string_view name);
absl::StatusOr<v1::RfmScheme> AppliedScheme(StateView& state, absl::string_view name);
// The partition's members, and whether they may be incomplete, of the segment in `status`.
void FillStatus(Asked asked, v1::SegmentStatus* status);

}  // namespace dangol::segmentation
