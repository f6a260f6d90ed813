// Counts, members and reasons: questions to the partitions that own the customers.
#include "libs/base/calendar.h"
#include "libs/base/status.h"
#include "libs/rpc/page_token.h"
#include "libs/rpc/request_check.h"
#include "libs/stream/follow.h"
#include "services/segmentation/processor.h"
#include "services/segmentation/rpc/segmentation_rpc.h"
#include "services/segmentation/traits.h"

namespace dangol::segmentation {
namespace {

const Catalogue& CatalogueOf(const Processor& processor) {
  return static_cast<const SegmentationProcessor&>(processor).catalogue();
}

// A place in the members of all partitions: eight bytes of partition, then the key to go on from.
std::string CursorAt(Partition partition, absl::string_view key) {
  return EncodeKey(partition) + std::string(key);
}

}  // namespace

absl::Status SegmentationRpc::Ask(Partition partition, Micros at, const rpc::Call& call,
                                  const AskFn& fn) {
  return gateway_.Read({dangol::Service::kSegmentation, partition}, call.deadline_steady_us(),
                       [&](Processor& processor, StateView& state) {
                         return fn({CatalogueOf(processor), state, at});
                       });
}

absl::Status SegmentationRpc::AskAll(Micros at, const rpc::Call& call, const AskFn& fn) {
  return gateway_.ReadAll(dangol::Service::kSegmentation, call.deadline_steady_us(),
                          [&](Processor& processor, StateView& state) {
                            return fn({CatalogueOf(processor), state, at});
                          });
}

absl::Status SegmentationRpc::AskCustomer(
    const common::v1::CustomerRef& ref, Micros at, const rpc::Call& call,
    const std::function<absl::Status(Asked asked, CustomerId id)>& fn) {
  DANGOL_ASSIGN_OR_RETURN(const CustomerId id, resolver_(ref, call.deadline_steady_us()));
  return ReadCustomer(gateway_, dangol::Service::kSegmentation, id, call.deadline_steady_us(),
                      [&](CustomerId now, Processor& processor, StateView& state) {
                        return fn({CatalogueOf(processor), state, at}, now);
                      });
}

grpc::Status SegmentationRpc::ExportCustomer(grpc::ServerContext* context,
                                             const v1::ExportCustomerRequest* request,
                                             v1::ExportCustomerResponse* response) {
  return guard_.Run(
      context, rpc::Role::kOperator, "segmentation.ExportCustomer", *request, [&](rpc::Call& call) {
        return AskCustomer(request->customer(), 0, call, [&](Asked asked, CustomerId id) {
          return segmentation::ExportCustomer(asked, id, response);
        });
      });
}

absl::StatusOr<KnownTraits> SegmentationRpc::TraitsSeen(const rpc::Call& call) {
  KnownTraits traits;
  DANGOL_RETURN_IF_ERROR(AskAll(0, call, [&](Asked asked) {
    AddTraits(asked.state, &traits);
    return absl::OkStatus();
  }));
  return traits;
}

absl::StatusOr<Micros> SegmentationRpc::InstantOf(int64_t as_of_time_us) const {
  const Micros now = gateway_.Now();
  if (as_of_time_us == 0) return now;
  if (as_of_time_us > 0 && as_of_time_us <= now) return as_of_time_us;
  return BadField("as_of_time_us", FormatTime(as_of_time_us), "is not in the past",
                  "give a time up to now, or 0 for now");
}

grpc::Status SegmentationRpc::CountAudience(grpc::ServerContext* context,
                                            const v1::CountAudienceRequest* request,
                                            v1::CountAudienceResponse* response) {
  return guard_.Run(context, rpc::Role::kReader, "segmentation.CountAudience", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      DANGOL_ASSIGN_OR_RETURN(const Micros at, InstantOf(request->as_of_time_us()));
                      DANGOL_ASSIGN_OR_RETURN(const KnownTraits traits, TraitsSeen(call));
                      return AskAll(at, call, [&](Asked asked) {
                        asked.traits = &traits;
                        return CountPartition(asked, *request, response);
                      });
                    });
}

grpc::Status SegmentationRpc::ListMembers(grpc::ServerContext* context,
                                          const v1::ListMembersRequest* request,
                                          v1::ListMembersResponse* response) {
  return guard_.Run(
      context, rpc::Role::kReader, "segmentation.ListMembers", *request,
      [&](rpc::Call& call) -> absl::Status {
        DANGOL_RETURN_IF_ERROR(rpc::CheckGiven("segment", request->segment()));
        const std::string query = rpc::QueryOf(*request);
        DANGOL_ASSIGN_OR_RETURN(const int size, rpc::PageSize(request->page_size()));
        DANGOL_ASSIGN_OR_RETURN(std::string cursor,
                                rpc::DecodePageToken(request->page_token(), query));
        if (cursor.empty()) cursor = CursorAt(0, "");
        std::string key = cursor.substr(8);
        for (uint64_t p = DecodeKey(cursor.substr(0, 8)); p < gateway_.partitions(); ++p) {
          const Partition partition = static_cast<Partition>(p);
          std::string next;
          DANGOL_RETURN_IF_ERROR(Ask(partition, 0, call, [&](Asked asked) -> absl::Status {
            DANGOL_ASSIGN_OR_RETURN(
                next, segmentation::ListMembers(asked, request->segment(), key,
                                                size - response->members_size(), response));
            return absl::OkStatus();
          }));
          if (!next.empty()) {
            response->set_next_page_token(rpc::EncodePageToken(query, CursorAt(partition, next)));
            return absl::OkStatus();
          }
          key.clear();
        }
        return absl::OkStatus();
      });
}

grpc::Status SegmentationRpc::ExplainMembership(grpc::ServerContext* context,
                                                const v1::ExplainMembershipRequest* request,
                                                v1::ExplainMembershipResponse* response) {
  return guard_.Run(context, rpc::Role::kReader, "segmentation.ExplainMembership", *request,
                    [&](rpc::Call& call) {
                      return AskCustomer(request->customer(), gateway_.Now(), call,
                                         [&](Asked asked, CustomerId id) {
                                           return segmentation::ExplainMembership(
                                               asked, id, request->segment(), response);
                                         });
                    });
}

grpc::Status SegmentationRpc::GetFeatures(grpc::ServerContext* context,
                                          const v1::GetFeaturesRequest* request,
                                          v1::CustomerFeatures* response) {
  return guard_.Run(
      context, rpc::Role::kReader, "segmentation.GetFeatures", *request,
      [&](rpc::Call& call) -> absl::Status {
        DANGOL_ASSIGN_OR_RETURN(const Micros at, InstantOf(request->as_of_time_us()));
        return AskCustomer(request->customer(), at, call, [&](Asked asked, CustomerId id) {
          return segmentation::GetFeatures(asked, id, request->business_unit(), response);
        });
      });
}

grpc::Status SegmentationRpc::GetRfmGrid(grpc::ServerContext* context,
                                         const v1::GetRfmGridRequest* request,
                                         v1::RfmGrid* response) {
  return guard_.Run(
      context, rpc::Role::kReader, "segmentation.GetRfmGrid", *request,
      [&](rpc::Call& call) -> absl::Status {
        DANGOL_ASSIGN_OR_RETURN(const Micros at, InstantOf(request->as_of_time_us()));
        std::string scheme = request->scheme();
        std::string unit = request->business_unit();
        if (scheme.empty()) scheme = kPresetScheme;
        if (unit.empty()) {
          DANGOL_RETURN_IF_ERROR(Ask(0, at, call, [&](Asked asked) -> absl::Status {
            DANGOL_ASSIGN_OR_RETURN(const v1::RfmScheme found, AppliedScheme(asked.state, scheme));
            unit = found.business_unit();
            return absl::OkStatus();
          }));
        }
        return AskAll(at, call,
                      [&](Asked asked) { return AddRfmGrid(asked, scheme, unit, response); });
      });
}

}  // namespace dangol::segmentation
