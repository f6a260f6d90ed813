// Counts, members and reasons: questions to the partitions that own the customers.
#include "libs/base/calendar.h"
#include "libs/base/status.h"
#include "libs/rpc/page_token.h"
#include "libs/rpc/request_check.h"
#include "libs/stream/ask.h"
#include "services/segmentation/rpc/segmentation_rpc.h"

namespace dangol::segmentation {
namespace {

constexpr auto kMe = dangol::Service::kSegmentation;

// A place in the members of all partitions: eight bytes of partition, then the key to go on from.
std::string CursorAt(Partition partition, absl::string_view key) {
  return EncodeKey(partition) + std::string(key);
}

}  // namespace

grpc::Status SegmentationRpc::ExportCustomer(grpc::ServerContext* context,
                                             const v1::ExportCustomerRequest* request,
                                             v1::ExportCustomerResponse* response) {
  return guard_.Run(
      context, rpc::Role::kOperator, "segmentation.ExportCustomer", *request,
      [&](rpc::Call& call) -> absl::Status {
        const Micros deadline = call.deadline_steady_us();
        DANGOL_ASSIGN_OR_RETURN(const CustomerId id, resolver_(request->customer(), deadline));
        DANGOL_ASSIGN_OR_RETURN(*response, AskCustomer(gateway_, kMe, id, kExport, {}, deadline));
        return absl::OkStatus();
      });
}

absl::StatusOr<v1::KnownTraits> SegmentationRpc::TraitsSeen(const rpc::Call& call) {
  DANGOL_ASSIGN_OR_RETURN(const auto parts,
                          AskAll(gateway_, kMe, kTraits, {}, call.deadline_steady_us()));
  v1::KnownTraits traits;
  for (const v1::KnownTraits& part : parts) AddTraits(part, &traits);
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
                      v1::CountRequest ask;
                      *ask.mutable_request() = *request;
                      ask.set_at_time_us(at);
                      DANGOL_ASSIGN_OR_RETURN(*ask.mutable_traits(), TraitsSeen(call));
                      DANGOL_ASSIGN_OR_RETURN(const auto parts, AskAll(gateway_, kMe, kCount, ask,
                                                                       call.deadline_steady_us()));
                      for (const auto& part : parts) AddCounts(part, response);
                      return absl::OkStatus();
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
        v1::MembersRequest ask;
        ask.set_segment(request->segment());
        ask.set_from_key(cursor.substr(8));
        for (uint64_t p = DecodeKey(cursor.substr(0, 8)); p < gateway_.partitions(); ++p) {
          const Partition partition = static_cast<Partition>(p);
          ask.set_limit(static_cast<uint32_t>(size - response->members_size()));
          DANGOL_ASSIGN_OR_RETURN(const auto part, Ask(gateway_, {kMe, partition}, kMembers, ask,
                                                       call.deadline_steady_us()));
          response->mutable_members()->MergeFrom(part.members());
          if (!part.next_key().empty()) {
            response->set_next_page_token(
                rpc::EncodePageToken(query, CursorAt(partition, part.next_key())));
            return absl::OkStatus();
          }
          ask.clear_from_key();
        }
        return absl::OkStatus();
      });
}

grpc::Status SegmentationRpc::ExplainMembership(grpc::ServerContext* context,
                                                const v1::ExplainMembershipRequest* request,
                                                v1::ExplainMembershipResponse* response) {
  return guard_.Run(
      context, rpc::Role::kReader, "segmentation.ExplainMembership", *request,
      [&](rpc::Call& call) -> absl::Status {
        const Micros deadline = call.deadline_steady_us();
        DANGOL_ASSIGN_OR_RETURN(const CustomerId id, resolver_(request->customer(), deadline));
        v1::ExplainRequest ask;
        ask.set_segment(request->segment());
        ask.set_at_time_us(gateway_.Now());
        DANGOL_ASSIGN_OR_RETURN(*response, AskCustomer(gateway_, kMe, id, kExplain, ask, deadline));
        return absl::OkStatus();
      });
}

grpc::Status SegmentationRpc::GetFeatures(grpc::ServerContext* context,
                                          const v1::GetFeaturesRequest* request,
                                          v1::CustomerFeatures* response) {
  return guard_.Run(context, rpc::Role::kReader, "segmentation.GetFeatures", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      const Micros deadline = call.deadline_steady_us();
                      v1::FeaturesRequest ask;
                      ask.set_business_unit(request->business_unit());
                      DANGOL_ASSIGN_OR_RETURN(const Micros at, InstantOf(request->as_of_time_us()));
                      ask.set_at_time_us(at);
                      DANGOL_ASSIGN_OR_RETURN(const CustomerId id,
                                              resolver_(request->customer(), deadline));
                      DANGOL_ASSIGN_OR_RETURN(
                          *response, AskCustomer(gateway_, kMe, id, kFeatures, ask, deadline));
                      return absl::OkStatus();
                    });
}

grpc::Status SegmentationRpc::GetRfmGrid(grpc::ServerContext* context,
                                         const v1::GetRfmGridRequest* request,
                                         v1::RfmGrid* response) {
  return guard_.Run(
      context, rpc::Role::kReader, "segmentation.GetRfmGrid", *request,
      [&](rpc::Call& call) -> absl::Status {
        const Micros deadline = call.deadline_steady_us();
        v1::GridRequest ask;
        DANGOL_ASSIGN_OR_RETURN(const Micros at, InstantOf(request->as_of_time_us()));
        ask.set_at_time_us(at);
        ask.set_scheme(request->scheme().empty() ? kPresetScheme : request->scheme());
        ask.set_business_unit(request->business_unit());
        if (ask.business_unit().empty()) {
          v1::GetRfmSchemeRequest scheme;
          scheme.set_name(ask.scheme());
          DANGOL_ASSIGN_OR_RETURN(const v1::RfmScheme found,
                                  Ask(gateway_, {kMe, 0}, kSchemeApplied, scheme, deadline));
          ask.set_business_unit(found.business_unit());
        }
        DANGOL_ASSIGN_OR_RETURN(const auto parts, AskAll(gateway_, kMe, kGrid, ask, deadline));
        for (const v1::RfmGrid& part : parts) AddGrid(part, response);
        return absl::OkStatus();
      });
}

}  // namespace dangol::segmentation
