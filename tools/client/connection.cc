#include "tools/client/connection.h"

#include "absl/strings/str_cat.h"
#include "grpcpp/grpcpp.h"
#include "libs/base/status.h"
#include "tools/client/targets.h"

namespace dangol::client {

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const rpc::ClientOptions& options) {
  DANGOL_ASSIGN_OR_RETURN(const Targets targets, ParseTargets(options.target));
  auto connection = std::make_unique<Connection>();
  for (const auto& [service, target] : targets) {
    auto& channel = connection->channels[target];
    if (channel != nullptr) continue;
    rpc::ClientOptions one = options;
    one.target = target;
    DANGOL_ASSIGN_OR_RETURN(channel, rpc::MakeChannel(one));
  }
  const auto channel = [&](const char* service) {
    return connection->channels.at(targets.at(service));
  };
  connection->profile = profile::v1::ProfileService::NewStub(channel("profile"));
  connection->segmentation =
      segmentation::v1::SegmentationService::NewStub(channel("segmentation"));
  connection->offer = offer::v1::OfferService::NewStub(channel("offer"));
  connection->campaign = campaign::v1::CampaignService::NewStub(channel("campaign"));
  connection->response = response::v1::ResponseService::NewStub(channel("response"));
  connection->clock = stream::v1::ClockService::NewStub(channel("profile"));
  return connection;
}

absl::Status Connection::AwaitReady(gpr_timespec deadline) const {
  for (const auto& [target, channel] : channels) {
    if (channel->WaitForConnected(deadline)) continue;
    return absl::UnavailableError(absl::StrCat("no server answers at ", target));
  }
  return absl::OkStatus();
}

}  // namespace dangol::client
