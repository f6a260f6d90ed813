// From an RPC to a service's inbox and back.
#pragma once

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "libs/base/status.h"
#include "libs/rpc/call.h"
#include "libs/stream/gateway.h"

namespace dangol::rpc {

// The caller as a command carries it.
inline Caller CallerOf(const Call& call) {
  return {call.principal().name, {call.principal().roles.ToString()}, call.request_id()};
}

// Sends `command` to a scope and parses its outcome. Errors are those of Gateway::Execute and of
// the command itself.
template <typename Response, typename Command>
absl::Status Execute(Gateway& gateway, Scope scope, const Command& command, const Call& call,
                     Response* response) {
  DANGOL_ASSIGN_OR_RETURN(const std::string bytes,
                          gateway.Execute(scope, command.SerializeAsString(), CallerOf(call),
                                          call.deadline_steady_us()));
  if (!response->ParseFromString(bytes)) return absl::DataLossError("undecodable outcome");
  return absl::OkStatus();
}

}  // namespace dangol::rpc
