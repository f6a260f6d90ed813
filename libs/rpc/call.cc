#include "libs/rpc/call.h"

#include <algorithm>
#include <exception>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "grpcpp/client_context.h"
#include "grpcpp/server_context.h"
#include "libs/base/clock.h"
#include "libs/base/rng.h"
#include "libs/base/status.h"
#include "libs/obs/log.h"
#include "libs/obs/metrics.h"
#include "libs/rpc/grpc_status.h"
#include "libs/rpc/metadata.h"
#include "libs/rpc/request_check.h"

namespace dangol::rpc {
namespace {

constexpr size_t kRequestIdBytesMax = 128;

std::string MetadataOf(const grpc::ServerContext& context, const char* key) {
  const auto& all = context.client_metadata();
  const auto found = all.find(key);
  return found == all.end() ? "" : std::string(found->second.data(), found->second.length());
}

// The micros that the caller will still wait, or kNever.
Micros AskedFor(const grpc::ServerContext& context) {
  const gpr_timespec deadline = context.raw_deadline();
  if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) == 0) return kNever;
  const gpr_timespec left = gpr_time_sub(gpr_convert_clock_type(deadline, GPR_CLOCK_MONOTONIC),
                                         gpr_now(GPR_CLOCK_MONOTONIC));
  return left.tv_sec * kMicrosPerSecond + left.tv_nsec / 1000;
}

Micros DeadlineOf(const grpc::ServerContext& context, const GuardOptions& options, bool stream) {
  Micros asked = AskedFor(context);
  if (!stream) {
    asked =
        asked == kNever ? options.default_deadline_us : std::min(asked, options.max_deadline_us);
  }
  return asked == kNever ? kNever : SteadyMicros() + asked;
}

absl::Status DeadlineExceeded() {
  return WithDetail(absl::DeadlineExceededError("the caller's deadline has passed"),
                    {"DEADLINE_EXCEEDED", {}, {}});
}

absl::Status RoleMissing(const Principal& principal, Role needed, const char* method) {
  return WithDetail(absl::PermissionDeniedError(
                        absl::StrCat(principal.name, " needs role ", RoleName(needed), " for ",
                                     method, "; it has ", principal.roles.ToString())),
                    {"ROLE_MISSING",
                     {{"role", std::string(RoleName(needed))}, {"principal", principal.name}},
                     {}});
}

// Handlers do not throw, but what they call may.
absl::Status RunCaught(const Guard::Handler& handler, Call& call, const char* method) {
  std::string what = "unknown exception";
  try {
    return handler(call);
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) {
  }
  obs::Log(obs::Level::kError, "rpc handler threw",
           {{"method", method}, {"request_id", call.request_id()}, {"error", what}});
  return WithDetail(absl::InternalError(absl::StrCat("internal error; the server's log says more "
                                                     "under request id ",
                                                     call.request_id())),
                    {"INTERNAL", {{"request_id", call.request_id()}}, {}});
}

gpr_timespec InMicros(Micros timeout_us) {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_micros(timeout_us, GPR_TIMESPAN));
}

}  // namespace

absl::Status Call::AdoptRequestId(absl::string_view from_request) {
  if (from_request.empty()) return absl::OkStatus();
  DANGOL_RETURN_IF_ERROR(ValidateRequestId(from_request));
  request_id_ = std::string(from_request);
  return absl::OkStatus();
}

Micros Call::RemainingUs() const {
  return deadline_us_ == kNever ? kNever : std::max<Micros>(0, deadline_us_ - SteadyMicros());
}

bool Call::Cancelled() const { return RemainingUs() == 0 || context_->IsCancelled(); }

absl::Status Call::CheckAlive() const {
  if (RemainingUs() == 0) return DeadlineExceeded();
  if (context_->IsCancelled()) {
    return WithDetail(absl::CancelledError("the caller went away"), {"CANCELLED", {}, {}});
  }
  return absl::OkStatus();
}

Guard::Guard(const Authenticator* authenticator, obs::Metrics* metrics, GuardOptions options)
    : authenticator_(authenticator), metrics_(metrics), options_(options) {}

grpc::Status Guard::Run(grpc::ServerContext* context, Role needed, const char* method,
                        const google::protobuf::Message& request, const Handler& handler) const {
  return RunCounted(context, needed, method, false, [&](Call& call) -> absl::Status {
    DANGOL_RETURN_IF_ERROR(CheckRequest(request));
    return handler(call);
  });
}

grpc::Status Guard::RunBatch(grpc::ServerContext* context, Role needed, const char* method,
                             const google::protobuf::Message& request,
                             const Handler& handler) const {
  return RunCounted(context, needed, method, false, [&](Call& call) -> absl::Status {
    DANGOL_RETURN_IF_ERROR(CheckBatch(request));
    return handler(call);
  });
}

grpc::Status Guard::RunStream(grpc::ServerContext* context, Role needed, const char* method,
                              const Handler& handler) const {
  return RunCounted(context, needed, method, true, handler);
}

grpc::Status Guard::RunCounted(grpc::ServerContext* context, Role needed, const char* method,
                               bool stream, const Handler& handler) const {
  const Micros begin = SteadyMicros();
  const absl::Status status = RunChecked(context, needed, method, stream, handler);
  metrics_
      ->GetCounter("dangol_rpc_requests_total", "Calls served, by method and status code.",
                   {{"method", method}, {"code", absl::StatusCodeToString(status.code())}})
      .Add();
  metrics_
      ->GetHistogram("dangol_rpc_latency_seconds", "Time from a call's arrival to its answer.",
                     {{"method", method}})
      .Observe(static_cast<double>(SteadyMicros() - begin) / kMicrosPerSecond);
  return ToGrpc(status);
}

absl::Status Guard::RunChecked(grpc::ServerContext* context, Role needed, const char* method,
                               bool stream, const Handler& handler) const {
  DANGOL_ASSIGN_OR_RETURN(Principal principal,
                          authenticator_->Authenticate(MetadataOf(*context, kAuthorization),
                                                       MetadataOf(*context, kPrincipal)));
  if (!principal.roles.Has(needed)) return RoleMissing(principal, needed, method);
  DANGOL_ASSIGN_OR_RETURN(std::string request_id, RequestIdOrNew(MetadataOf(*context, kRequestId)));
  Call call(context, std::move(principal), std::move(request_id),
            DeadlineOf(*context, options_, stream));
  absl::Status status = call.CheckAlive();
  if (status.ok()) status = RunCaught(handler, call, method);
  context->AddTrailingMetadata(kRequestId, call.request_id());
  return status;
}

void PropagateCall(const Call& parent, Micros at_most_us, grpc::ClientContext* child) {
  SetTimeout(std::min(parent.RemainingUs(), at_most_us), child);
  child->AddMetadata(kRequestId, parent.request_id());
}

void SetTimeout(Micros timeout_us, grpc::ClientContext* context) {
  context->set_deadline(InMicros(timeout_us));
}

absl::Status ValidateRequestId(absl::string_view request_id) {
  if (request_id.empty() || request_id.size() > kRequestIdBytesMax ||
      !std::all_of(request_id.begin(), request_id.end(), absl::ascii_isgraph)) {
    return BadField("request_id", request_id, "is not a request id",
                    "use 1 to 128 printable ASCII characters without spaces");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> RequestIdOrNew(absl::string_view request_id) {
  if (request_id.empty()) {
    return absl::BytesToHexString(EncodeKey(DeviceRandom()) + EncodeKey(DeviceRandom()));
  }
  DANGOL_RETURN_IF_ERROR(ValidateRequestId(request_id));
  return std::string(request_id);
}

}  // namespace dangol::rpc
