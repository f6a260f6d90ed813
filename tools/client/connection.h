// The stubs of every service: what the CLI and the demo talk through.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "dangol/campaign/v1/campaign_service.grpc.pb.h"
#include "dangol/offer/v1/offer_service.grpc.pb.h"
#include "dangol/profile/v1/profile_service.grpc.pb.h"
#include "dangol/response/v1/response_service.grpc.pb.h"
#include "dangol/segmentation/v1/segmentation_service.grpc.pb.h"
#include "dangol/stream/v1/clock_service.grpc.pb.h"
#include "libs/rpc/client.h"

namespace dangol::client {

// Thread-safe once made.
struct Connection {
  // Lazy: connects at the first call. `options.target` is what ParseTargets takes. Errors are its,
  // and those of rpc::MakeChannel.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const rpc::ClientOptions& options);

  // Waits for a connection to every server. UNAVAILABLE names the one that does not answer.
  absl::Status AwaitReady(gpr_timespec deadline) const;

  std::map<std::string, std::shared_ptr<grpc::Channel>> channels;  // by target
  std::unique_ptr<profile::v1::ProfileService::Stub> profile;
  std::unique_ptr<segmentation::v1::SegmentationService::Stub> segmentation;
  std::unique_ptr<offer::v1::OfferService::Stub> offer;
  std::unique_ptr<campaign::v1::CampaignService::Stub> campaign;
  std::unique_ptr<response::v1::ResponseService::Stub> response;
  std::unique_ptr<stream::v1::ClockService::Stub> clock;
};

}  // namespace dangol::client
