#include "libs/node/clock_rpc.h"

#include "libs/base/status.h"

namespace dangol {

grpc::Status ClockRpc::GetClock(grpc::ServerContext* context,
                                const stream::v1::GetClockRequest* request,
                                stream::v1::GetClockResponse* response) {
  return guard_.Run(context, rpc::Role::kReader, "clock.GetClock", *request, [&](rpc::Call&) {
    response->set_time_us(runtime_.Now());
    response->set_is_virtual(virtual_);
    return absl::OkStatus();
  });
}

grpc::Status ClockRpc::AdvanceClock(grpc::ServerContext* context,
                                    const stream::v1::AdvanceClockRequest* request,
                                    stream::v1::AdvanceClockResponse* response) {
  return guard_.Run(context, rpc::Role::kOperator, "clock.AdvanceClock", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      if (!virtual_) {
                        return Precondition("CLOCK_NOT_VIRTUAL",
                                            "the clock is live; start with --clock=virtual");
                      }
                      DANGOL_RETURN_IF_ERROR(
                          runtime_.AdvanceTo(request->to_time_us(), call.deadline_steady_us()));
                      response->set_time_us(runtime_.Now());
                      return absl::OkStatus();
                    });
}

grpc::Status ClockRpc::HoldClock(grpc::ServerContext* context,
                                 const stream::v1::HoldClockRequest* request,
                                 stream::v1::HoldClockResponse*) {
  return guard_.Run(context, rpc::Role::kOperator, "clock.HoldClock", *request,
                    [&](rpc::Call& call) {
                      return runtime_.Hold(request->hold_us(), call.deadline_steady_us());
                    });
}

}  // namespace dangol
