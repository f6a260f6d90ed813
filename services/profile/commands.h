// Profile's commands: business units (partition 0) and facts set by hand (the customer's scope).
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/stream/context.h"
#include "libs/stream/processor.h"

namespace dangol::profile {

// Runs a serialized ProfileCommand; answers serialized ApplyBusinessUnitResponse,
// Customer, Merge or Erasure.
absl::StatusOr<std::string> RunCommand(absl::string_view body, const Caller& caller, Context& ctx);

}  // namespace dangol::profile
