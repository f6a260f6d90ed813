// A customer erased, and the proof of it.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dangol/event/v1/erased.pb.h"
#include "dangol/profile/v1/command.pb.h"
#include "libs/stream/context.h"
#include "libs/stream/processor.h"

namespace dangol::profile {

std::string ErasureName(CustomerId id);
// INVALID_ARGUMENT naming the field.
absl::StatusOr<CustomerId> ParseErasureName(absl::string_view field, absl::string_view name);

// In the customer's scope: removes it and all that was merged into it, tells the other services,
// and answers the proof as it begins (a serialized Erasure). NOT_FOUND, ABORTED: see CheckPresent.
absl::StatusOr<std::string> EraseCustomer(const v1::EraseCommand& command, const Caller& caller,
                                          Context& ctx);

// Another service's acknowledgement, in whichever scope it came; noted in the proof's.
absl::Status TakeAcknowledgement(const event::v1::Erased& erased, Context& ctx);
void TakeRemoval(const v1::RemovalSeen& removal, Context& ctx);

}  // namespace dangol::profile
