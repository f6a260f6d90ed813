#include "dangol/campaign/v1/campaign_service.grpc.pb.h"
#include "dangol/config/v1/node.pb.h"
#include "libs/node/node.h"
#include "libs/node/profile_client.h"
#include "services/campaign/app.h"
#include "services/campaign/channels/profile_addresses.h"
#include "services/campaign/processor.h"
#include "services/campaign/views.h"

int main(int argc, char** argv) {
  using namespace dangol::campaign;
  dangol::node::Program program;
  program.service = "campaign";
  program.spec = [](const auto&) { return Spec(); };
  program.views = Views();
  program.performer = [](const dangol::config::v1::NodeConfig& config,
                         const dangol::node::ProfileClient& profile) {
    auto addresses = std::make_unique<ProfileAddresses>(
        [&profile](const auto& request, dangol::Micros deadline, auto* response) {
          return profile.ResolveAddresses(request, deadline, response);
        });
    return std::make_unique<CampaignPerformer>(CampaignPerformer::Options{config.drop_root()},
                                               std::move(addresses));
  };
  program.serve = [](const dangol::node::Wiring& w) {
    auto app = std::make_shared<App>(w.gateway, w.guard, w.resolver);
    return dangol::node::Endpoint{app, app->grpc_service(),
                                  v1::CampaignService::service_full_name()};
  };
  return dangol::node::Main(program, argc, argv);
}
