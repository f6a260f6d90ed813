#include <algorithm>
#include <utility>

#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "libs/rpc/raw_stream.h"
#include "libs/rpc/request_check.h"
#include "services/profile/rpc/acknowledger.h"
#include "services/profile/rpc/profile_rpc.h"

namespace dangol::profile {
namespace {

// Of each message of a stream, which as a whole has no deadline.
constexpr Micros kStreamStepTimeout = 30 * kMicrosPerSecond;

template <typename Response>
void Fill(TrackResult result, Response* response) {
  for (v1::ItemError& error : result.errors) *response->add_errors() = std::move(error);
}

}  // namespace

grpc::Status ProfileRpc::TrackActivities(grpc::ServerContext* context,
                                         const v1::TrackActivitiesRequest* request,
                                         v1::TrackActivitiesResponse* response) {
  return guard_.RunBatch(context, rpc::Role::kTracker, "profile.TrackActivities", *request,
                         [&](rpc::Call& call) -> absl::Status {
                           DANGOL_ASSIGN_OR_RETURN(
                               TrackResult result,
                               tracker_.Track(request->activities(), 0, call.deadline_steady_us()));
                           response->set_accepted(result.accepted);
                           Fill(std::move(result), response);
                           return absl::OkStatus();
                         });
}

void ProfileRpc::ServeStreamsRaw() {
  using Handler = grpc::internal::BidiStreamingHandler<ProfileRpc, grpc::ByteBuffer,
                                                       v1::StreamActivitiesResponse>;
  const auto serve = [](ProfileRpc* self, grpc::ServerContext* context, Stream* stream) {
    return self->RawStreamActivities(context, stream);
  };
  MarkMethodStreamed(rpc::MethodIndex(v1::ProfileService::service_full_name(), "StreamActivities"),
                     new Handler(serve, this));
}

grpc::Status ProfileRpc::RawStreamActivities(grpc::ServerContext* context, Stream* stream) {
  return guard_.RunStream(
      context, rpc::Role::kTracker, "profile.StreamActivities",
      [&](rpc::Call& call) -> absl::Status {
        Acknowledger acknowledger(tracker_,
                                  [stream](const auto& answer) { return stream->Write(answer); });
        grpc::ByteBuffer bytes;
        v1::StreamActivitiesRequest request;  // its memory is used by message after message
        int64_t next = 0;
        while (stream->Read(&bytes)) {
          DANGOL_RETURN_IF_ERROR(call.CheckAlive());
          DANGOL_RETURN_IF_ERROR(rpc::Decode(&bytes, &request));
          DANGOL_RETURN_IF_ERROR(rpc::CheckBatch(request));
          const int64_t first = next;
          next += request.activities_size();
          const Micros deadline =
              std::min(call.deadline_steady_us(), SteadyMicros() + kStreamStepTimeout);
          DANGOL_ASSIGN_OR_RETURN(Tracking tracking,
                                  tracker_.Begin(request.mutable_activities(), first, deadline));
          if (!acknowledger.Add(std::move(tracking), next - 1)) return call.CheckAlive();
        }
        return call.CheckAlive();
      });
}

grpc::Status ProfileRpc::UpsertCustomers(grpc::ServerContext* context,
                                         const v1::UpsertCustomersRequest* request,
                                         v1::UpsertCustomersResponse* response) {
  return guard_.RunBatch(context, rpc::Role::kTracker, "profile.UpsertCustomers", *request,
                         [&](rpc::Call& call) -> absl::Status {
                           DANGOL_ASSIGN_OR_RETURN(
                               TrackResult result,
                               tracker_.Upsert(request->upserts(), call.deadline_steady_us()));
                           response->set_accepted(result.accepted);
                           Fill(std::move(result), response);
                           return absl::OkStatus();
                         });
}

}  // namespace dangol::profile
