// ClockService over the runtime.
#pragma once

#include "dangol/stream/v1/clock_service.grpc.pb.h"
#include "libs/rpc/call.h"
#include "libs/stream/runtime.h"

namespace dangol {

// Thread-safe.
class ClockRpc final : public stream::v1::ClockService::Service {
 public:
  ClockRpc(Runtime& runtime, const rpc::Guard& guard, bool is_virtual)
      : runtime_(runtime), guard_(guard), virtual_(is_virtual) {}

  grpc::Status GetClock(grpc::ServerContext* context, const stream::v1::GetClockRequest* request,
                        stream::v1::GetClockResponse* response) override;
  grpc::Status AdvanceClock(grpc::ServerContext* context,
                            const stream::v1::AdvanceClockRequest* request,
                            stream::v1::AdvanceClockResponse* response) override;
  grpc::Status HoldClock(grpc::ServerContext* context, const stream::v1::HoldClockRequest* request,
                         stream::v1::HoldClockResponse* response) override;

 private:
  Runtime& runtime_;
  const rpc::Guard& guard_;
  const bool virtual_;
};

}  // namespace dangol
