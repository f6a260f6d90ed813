// The wrapper around every RPC handler: authentication, deadline, error details, metrics.
//
//   grpc::Status GetCustomer(grpc::ServerContext* ctx, const GetCustomerRequest* req,
//                            Customer* out) override {
//     return guard_.Run(ctx, Role::kReader, "profile.GetCustomer", [&](Call& call) {
//       return reader_.Get(*req, out);
//     });
//   }
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "libs/base/types.h"
#include "libs/rpc/auth.h"

namespace grpc {
class ClientContext;
class ServerContext;
class Status;
}  // namespace grpc

namespace google::protobuf {
class Message;
}

namespace dangol::obs {
class Metrics;
}

namespace dangol::rpc {

// One request being served. Lives as long as its handler runs; used by the handler's thread, except
// RemainingUs() and Cancelled(), which any thread may call while the handler runs.
class Call {
 public:
  const Principal& principal() const { return principal_; }

  // The metadata x-request-id if valid, else a fresh one. Also returned to the caller in the
  // response's trailing metadata.
  const std::string& request_id() const { return request_id_; }
  // Takes the request's own `request_id` field (AIP-155) instead; an empty one keeps the present
  // one. INVALID_ARGUMENT: not 1 to 128 printable ASCII characters.
  absl::Status AdoptRequestId(absl::string_view from_request);

  // Micros on the scale of SteadyMicros() at which the caller stops waiting; kNever for a stream
  // without a deadline.
  Micros deadline_steady_us() const { return deadline_us_; }
  Micros RemainingUs() const;  // never negative
  bool Cancelled() const;      // the caller went away, or the deadline has passed
  // DEADLINE_EXCEEDED or CANCELLED; long handlers ask between steps.
  absl::Status CheckAlive() const;

 private:
  friend class Guard;
  Call(grpc::ServerContext* context, Principal principal, std::string request_id, Micros deadline)
      : context_(context),
        principal_(std::move(principal)),
        request_id_(std::move(request_id)),
        deadline_us_(deadline) {}

  grpc::ServerContext* context_;
  Principal principal_;
  std::string request_id_;
  Micros deadline_us_;
};

struct GuardOptions {
  // Applied to unary calls that carry no deadline, and the most that one may ask for.
  Micros default_deadline_us = 30 * kMicrosPerSecond;
  Micros max_deadline_us = 10 * kMicrosPerMinute;
};

// Thread safety: immutable; any thread may call.
class Guard {
 public:
  using Handler = std::function<absl::Status(Call&)>;

  // Both must outlive the guard. Publishes dangol_rpc_requests_total{method,code} and
  // dangol_rpc_latency_seconds{method}.
  Guard(const Authenticator* authenticator, obs::Metrics* metrics, GuardOptions options = {});

  // Runs `handler` if the caller holds `needed` and its deadline has not passed, and turns its
  // status into a gRPC status with details (grpc_status.h). Without running it: UNAUTHENTICATED,
  // PERMISSION_DENIED (reason ROLE_MISSING), DEADLINE_EXCEEDED, INVALID_ARGUMENT (a bad
  // x-request-id, or what CheckRequest of request_check.h refuses). An exception from it becomes
  // INTERNAL. `method` is a short constant name, "<area>.<Rpc>": it labels metrics.
  grpc::Status Run(grpc::ServerContext* context, Role needed, const char* method,
                   const google::protobuf::Message& request, const Handler& handler) const;
  // The same for batches with a status per item: the handler checks them one by one.
  grpc::Status RunBatch(grpc::ServerContext* context, Role needed, const char* method,
                        const google::protobuf::Message& request, const Handler& handler) const;
  // The same for streams: no default deadline, no maximum. The handler checks each message.
  grpc::Status RunStream(grpc::ServerContext* context, Role needed, const char* method,
                         const Handler& handler) const;

 private:
  grpc::Status RunCounted(grpc::ServerContext* context, Role needed, const char* method,
                          bool stream, const Handler& handler) const;
  absl::Status RunChecked(grpc::ServerContext* context, Role needed, const char* method,
                          bool stream, const Handler& handler) const;

  const Authenticator* authenticator_;
  obs::Metrics* metrics_;
  GuardOptions options_;
};

// Gives a call made on behalf of `parent` what is left of the parent's deadline, at most
// `at_most_us`, and passes on its request id.
void PropagateCall(const Call& parent, Micros at_most_us, grpc::ClientContext* child);
// A deadline `timeout_us` from now.
void SetTimeout(Micros timeout_us, grpc::ClientContext* context);

// 1 to 128 printable ASCII characters without spaces; INVALID_ARGUMENT names the field request_id.
absl::Status ValidateRequestId(absl::string_view request_id);
// `request_id` if it is not empty (validated), else a fresh random one.
absl::StatusOr<std::string> RequestIdOrNew(absl::string_view request_id);

}  // namespace dangol::rpc
