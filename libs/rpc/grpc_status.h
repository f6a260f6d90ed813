// absl::Status ⇄ grpc::Status. On the wire (trailer grpc-status-details-bin) a google.rpc.Status
// with ErrorInfo{reason, domain "dangol", metadata}, BadRequest when fields are named, and
// RetryInfo for RESOURCE_EXHAUSTED and UNAVAILABLE when metadata has retry_delay_ms.
#pragma once

#include "absl/status/status.h"

namespace grpc {
class Status;
}

namespace dangol::rpc {

inline constexpr char kErrorDomain[] = "dangol";
// A RESOURCE_EXHAUSTED without metadata["retry_delay_ms"] says this.
inline constexpr int kDefaultRetryDelayMs = 1000;

grpc::Status ToGrpc(const absl::Status& status);

// For clients: the status with its ErrorDetail (DetailOf recovers it). A status without details, as
// gRPC itself makes them (UNAVAILABLE, DEADLINE_EXCEEDED…), keeps its code and message.
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace dangol::rpc
