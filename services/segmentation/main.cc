#include "dangol/segmentation/v1/segmentation_service.grpc.pb.h"
#include "libs/node/node.h"
#include "services/segmentation/app.h"
#include "services/segmentation/processor.h"
#include "services/segmentation/views.h"

int main(int argc, char** argv) {
  using namespace dangol::segmentation;
  dangol::node::Program program;
  program.service = "segmentation";
  program.spec = [](const auto&) { return Spec(); };
  program.views = Views();
  program.serve = [](const dangol::node::Wiring& w) {
    auto app = std::make_shared<App>(w.gateway, w.guard, w.resolver);
    return dangol::node::Endpoint{app, app->grpc_service(),
                                  v1::SegmentationService::service_full_name()};
  };
  return dangol::node::Main(program, argc, argv);
}
