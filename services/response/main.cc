#include "dangol/response/v1/response_service.grpc.pb.h"
#include "libs/node/node.h"
#include "services/response/app.h"
#include "services/response/processor.h"

int main(int argc, char** argv) {
  using namespace dangol::response;
  dangol::node::Program program;
  program.service = "response";
  program.spec = [](const auto&) { return Spec(); };
  program.serve = [](const dangol::node::Wiring& w) {
    auto app = std::make_shared<App>(w.gateway, w.guard, w.resolver);
    return dangol::node::Endpoint{app, app->grpc_service(),
                                  v1::ResponseService::service_full_name()};
  };
  return dangol::node::Main(program, argc, argv);
}
