// The other instances of a cluster, as a runtime asks them about scopes that it does not own.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/base/types.h"
#include "libs/stream/processor.h"

namespace dangol {

// Thread-safe. `deadline` is a SteadyMicros() instant. UNAVAILABLE with reason kNotOwned: at this
// moment nobody who answers owns the scope; worth another try. Other errors are the scope's own, or
// DEADLINE_EXCEEDED.
class Peers {
 public:
  virtual ~Peers() = default;

  // The answer to a registered question, as bytes.
  virtual absl::StatusOr<std::string> Ask(Scope scope, absl::string_view question,
                                          const std::string& request, Micros deadline) = 0;
  // The outcome of a command. Idempotent by caller.request_id, which is not empty.
  virtual absl::StatusOr<std::string> Execute(Scope scope, const std::string& body,
                                              const Caller& caller, Micros deadline) = 0;
  // The instance that owns the scope stands still, as Runtime::HoldHere does.
  virtual absl::Status Hold(Scope scope, Micros duration, Micros deadline) = 0;
};

}  // namespace dangol
