#include "tools/client/connection.h"

#include "grpcpp/grpcpp.h"
#include "libs/base/status.h"

namespace dangol::client {

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const rpc::ClientOptions& options) {
  auto connection = std::make_unique<Connection>();
  DANGOL_ASSIGN_OR_RETURN(connection->channel, rpc::MakeChannel(options));
  const auto& channel = connection->channel;
  connection->profile = profile::v1::ProfileService::NewStub(channel);
  connection->segmentation = segmentation::v1::SegmentationService::NewStub(channel);
  connection->offer = offer::v1::OfferService::NewStub(channel);
  connection->campaign = campaign::v1::CampaignService::NewStub(channel);
  connection->response = response::v1::ResponseService::NewStub(channel);
  connection->clock = stream::v1::ClockService::NewStub(channel);
  return connection;
}

}  // namespace dangol::client
