#include "services/response/app.h"

#include <utility>

#include "services/response/rpc/response_rpc.h"

namespace dangol::response {

App::App(Gateway& gateway, const rpc::Guard& guard, Resolver resolver)
    : service_(std::make_unique<ResponseRpc>(gateway, guard, std::move(resolver))) {}

App::~App() = default;

grpc::Service* App::grpc_service() const { return service_.get(); }

}  // namespace dangol::response
