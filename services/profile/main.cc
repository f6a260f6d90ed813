#include "dangol/profile/v1/profile_service.grpc.pb.h"
#include "libs/node/node.h"
#include "services/profile/app.h"
#include "services/profile/processor.h"
#include "services/profile/views.h"

int main(int argc, char** argv) {
  using namespace dangol::profile;
  dangol::node::Program program;
  program.service = "profile";
  program.spec = [](const auto&) { return Spec(); };
  program.views = Views();
  program.serve = [](const dangol::node::Wiring& w) {
    auto app = std::make_shared<App>(w.gateway, w.guard);
    return dangol::node::Endpoint{app, app->grpc_service(),
                                  v1::ProfileService::service_full_name()};
  };
  return dangol::node::Main(program, argc, argv);
}
