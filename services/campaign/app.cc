#include "services/campaign/app.h"

#include <utility>

#include "services/campaign/rpc/campaign_rpc.h"

namespace dangol::campaign {

App::App(Gateway& gateway, const rpc::Guard& guard, Resolver resolver)
    : service_(std::make_unique<CampaignRpc>(gateway, guard, std::move(resolver))) {}

App::~App() = default;

grpc::Service* App::grpc_service() const { return service_.get(); }

}  // namespace dangol::campaign
