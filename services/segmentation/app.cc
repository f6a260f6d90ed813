#include "services/segmentation/app.h"

#include <utility>

#include "services/segmentation/rpc/segmentation_rpc.h"

namespace dangol::segmentation {

App::App(Gateway& gateway, const rpc::Guard& guard, Resolver resolver)
    : service_(std::make_unique<SegmentationRpc>(gateway, guard, std::move(resolver))) {}

App::~App() = default;

grpc::Service* App::grpc_service() const { return service_.get(); }

}  // namespace dangol::segmentation
