// The response service's state machine for one scope: contacts and activities in, responses and
// exact sums per cell out.
#pragma once

#include "libs/stream/processor.h"

namespace dangol::response {

ServiceSpec Spec();

}  // namespace dangol::response
