#include "dangol/config/v1/node.pb.h"
#include "dangol/offer/v1/offer_service.grpc.pb.h"
#include "libs/node/node.h"
#include "services/offer/app.h"
#include "services/offer/processor.h"
#include "services/offer/views.h"

int main(int argc, char** argv) {
  using namespace dangol::offer;
  dangol::node::Program program;
  program.service = "offer";
  program.spec = [](const auto& config) { return Spec({config.learning_interval_us()}); };
  program.views = Views();
  program.serve = [](const dangol::node::Wiring& w) {
    auto app = std::make_shared<App>(w.gateway, w.guard, w.resolver);
    return dangol::node::Endpoint{app, app->grpc_service(), v1::OfferService::service_full_name()};
  };
  return dangol::node::Main(program, argc, argv);
}
