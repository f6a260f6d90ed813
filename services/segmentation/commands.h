// Applying and deleting definitions: the commands of partition 0.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/stream/context.h"
#include "libs/stream/processor.h"

namespace dangol::segmentation {

// `body` is a SegmentationCommand; the answer is the bytes of the RPC's response. Errors as the
// service's proto says; they leave the state as it was.
absl::StatusOr<std::string> ExecuteCommand(absl::string_view body, const Caller& caller,
                                           Context& ctx);

}  // namespace dangol::segmentation
