// ProfileService over the gateway. Private to the service: it carries gRPC headers.
#pragma once

#include <functional>
#include <string>

#include "dangol/profile/v1/command.pb.h"
#include "dangol/profile/v1/profile_service.grpc.pb.h"
#include "libs/rpc/call.h"
#include "libs/stream/gateway.h"
#include "services/profile/rpc/merge_reader.h"
#include "services/profile/rpc/reader.h"
#include "services/profile/rpc/tracker.h"

namespace dangol::profile {

// Thread-safe.
class ProfileRpc final : public v1::ProfileService::Service {
 public:
  // All must outlive this object.
  ProfileRpc(Gateway& gateway, const rpc::Guard& guard, Tracker& tracker, Reader& reader)
      : gateway_(gateway),
        guard_(guard),
        tracker_(tracker),
        reader_(reader),
        merges_(gateway, reader) {
    ServeStreamsRaw();
  }

  // The data plane: profile_rpc_track.cc.
  grpc::Status TrackActivities(grpc::ServerContext* context,
                               const v1::TrackActivitiesRequest* request,
                               v1::TrackActivitiesResponse* response) override;
  grpc::Status UpsertCustomers(grpc::ServerContext* context,
                               const v1::UpsertCustomersRequest* request,
                               v1::UpsertCustomersResponse* response) override;

  // Questions.
  grpc::Status GetCustomer(grpc::ServerContext* context, const v1::GetCustomerRequest* request,
                           v1::Customer* response) override;
  grpc::Status ListCustomers(grpc::ServerContext* context, const v1::ListCustomersRequest* request,
                             v1::ListCustomersResponse* response) override;
  grpc::Status ResolveCustomer(grpc::ServerContext* context,
                               const v1::ResolveCustomerRequest* request,
                               v1::ResolveCustomerResponse* response) override;
  grpc::Status BatchResolveAddresses(grpc::ServerContext* context,
                                     const v1::BatchResolveAddressesRequest* request,
                                     v1::BatchResolveAddressesResponse* response) override;
  grpc::Status ListTimeline(grpc::ServerContext* context, const v1::ListTimelineRequest* request,
                            v1::ListTimelineResponse* response) override;
  grpc::Status GetStats(grpc::ServerContext* context, const v1::GetStatsRequest* request,
                        v1::Stats* response) override;
  grpc::Status GetBusinessUnit(grpc::ServerContext* context,
                               const v1::GetBusinessUnitRequest* request,
                               common::v1::BusinessUnit* response) override;
  grpc::Status ListBusinessUnits(grpc::ServerContext* context,
                                 const v1::ListBusinessUnitsRequest* request,
                                 v1::ListBusinessUnitsResponse* response) override;

  // Merges and erasures: profile_rpc_merge.cc.
  grpc::Status ListMerges(grpc::ServerContext* context, const v1::ListMergesRequest* request,
                          v1::ListMergesResponse* response) override;
  grpc::Status GetMerge(grpc::ServerContext* context, const v1::GetMergeRequest* request,
                        v1::Merge* response) override;
  grpc::Status ApproveMerge(grpc::ServerContext* context, const v1::ApproveMergeRequest* request,
                            v1::Merge* response) override;
  grpc::Status RejectMerge(grpc::ServerContext* context, const v1::RejectMergeRequest* request,
                           v1::Merge* response) override;
  grpc::Status UndoMerge(grpc::ServerContext* context, const v1::UndoMergeRequest* request,
                         v1::Merge* response) override;
  grpc::Status EraseCustomer(grpc::ServerContext* context, const v1::EraseCustomerRequest* request,
                             v1::Erasure* response) override;
  grpc::Status GetErasure(grpc::ServerContext* context, const v1::GetErasureRequest* request,
                          v1::Erasure* response) override;
  grpc::Status ListErasures(grpc::ServerContext* context, const v1::ListErasuresRequest* request,
                            v1::ListErasuresResponse* response) override;
  grpc::Status ExportCustomer(grpc::ServerContext* context,
                              const v1::ExportCustomerRequest* request,
                              v1::ExportCustomerResponse* response) override;

  // Commands.
  grpc::Status SetConsent(grpc::ServerContext* context, const v1::SetConsentRequest* request,
                          v1::Customer* response) override;
  grpc::Status SetRestriction(grpc::ServerContext* context,
                              const v1::SetRestrictionRequest* request,
                              v1::Customer* response) override;
  grpc::Status ApplyBusinessUnit(grpc::ServerContext* context,
                                 const v1::ApplyBusinessUnitRequest* request,
                                 v1::ApplyBusinessUnitResponse* response) override;

 private:
  // StreamActivities, whose requests are decoded here (libs/rpc/raw_stream.h).
  using Stream = grpc::ServerReaderWriter<v1::StreamActivitiesResponse, grpc::ByteBuffer>;
  void ServeStreamsRaw();
  grpc::Status RawStreamActivities(grpc::ServerContext* context, Stream* stream);

  // Runs `command(id)` in the scope of the customer that `id` is now.
  using CustomerCommandFn = std::function<v1::ProfileCommand(CustomerId id)>;
  absl::Status ForCustomer(CustomerId id, const CustomerCommandFn& command, const rpc::Call& call,
                           google::protobuf::Message* response);
  absl::Status ForCustomer(const common::v1::CustomerRef& ref, const CustomerCommandFn& command,
                           const rpc::Call& call, google::protobuf::Message* response);
  // Approve, Reject and Undo.
  template <typename Request>
  absl::Status Decide(const Request& request, v1::MergeState state, rpc::Call& call,
                      v1::Merge* response);

  Gateway& gateway_;
  const rpc::Guard& guard_;
  Tracker& tracker_;
  Reader& reader_;
  MergeReader merges_;
};

}  // namespace dangol::profile
