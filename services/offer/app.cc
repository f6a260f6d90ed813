#include "services/offer/app.h"

#include <utility>

#include "services/offer/rpc/offer_rpc.h"

namespace dangol::offer {

App::App(Gateway& gateway, const rpc::Guard& guard, Resolver resolver)
    : service_(std::make_unique<OfferRpc>(gateway, guard, std::move(resolver))) {}

App::~App() = default;

grpc::Service* App::grpc_service() const { return service_.get(); }

}  // namespace dangol::offer
