// The waterfall, once and as a stream.
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "libs/base/status.h"
#include "libs/rpc/request_check.h"
#include "libs/stream/ask.h"
#include "services/campaign/domain/state_machine.h"
#include "services/campaign/questions.h"
#include "services/campaign/reports.h"
#include "services/campaign/rpc/campaign_rpc.h"

namespace dangol::campaign {
namespace {

constexpr absl::Duration kWatchPoll = absl::Seconds(1);

bool IsOver(const v1::Progress& progress, bool one_wave) {
  bool all_done = true;
  for (const v1::WaveProgress& wave : progress.waves()) all_done = all_done && wave.done();
  return all_done && (one_wave || IsFinal(progress.state()));
}

}  // namespace

absl::StatusOr<v1::Progress> CampaignRpc::ReadProgress(const std::string& name,
                                                       const std::string& wave,
                                                       const rpc::Call& call) {
  DANGOL_ASSIGN_OR_RETURN(v1::Campaign campaign, FindCampaign(name, call));
  DANGOL_ASSIGN_OR_RETURN(v1::Progress progress,
                          EmptyProgress(campaign, wave, gateway_.partitions()));
  DANGOL_ASSIGN_OR_RETURN(const auto parts, AskAll(gateway_, kOwner.service, kProgress, progress,
                                                   call.deadline_steady_us()));
  for (const v1::Progress& part : parts) AddProgress(part, &progress);
  FinishProgress(campaign, &progress);
  return progress;
}

grpc::Status CampaignRpc::GetProgress(grpc::ServerContext* context,
                                      const v1::GetProgressRequest* request,
                                      v1::Progress* response) {
  return guard_.Run(context, rpc::Role::kReader, "campaign.GetProgress", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      DANGOL_ASSIGN_OR_RETURN(
                          *response, ReadProgress(request->campaign(), request->wave(), call));
                      return absl::OkStatus();
                    });
}

grpc::Status CampaignRpc::WatchProgress(grpc::ServerContext* context,
                                        const v1::WatchProgressRequest* request,
                                        grpc::ServerWriter<v1::Progress>* writer) {
  return guard_.RunStream(
      context, rpc::Role::kReader, "campaign.WatchProgress", [&](rpc::Call& call) -> absl::Status {
        DANGOL_RETURN_IF_ERROR(rpc::CheckRequest(*request));
        std::string last;
        while (true) {
          DANGOL_RETURN_IF_ERROR(call.CheckAlive());
          DANGOL_ASSIGN_OR_RETURN(v1::Progress progress,
                                  ReadProgress(request->campaign(), request->wave(), call));
          v1::Progress timeless = progress;
          timeless.clear_as_of_time_us();
          const std::string bytes = timeless.SerializeAsString();
          if (bytes != last && !writer->Write(progress)) return absl::CancelledError("gone");
          last = bytes;
          if (IsOver(progress, !request->wave().empty())) return absl::OkStatus();
          absl::SleepFor(kWatchPoll);
        }
      });
}

}  // namespace dangol::campaign
