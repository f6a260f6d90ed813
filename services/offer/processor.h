// The offer service's state machine for one scope: proposals in, decisions out, learning from
// contacts and responses.
#pragma once

#include <memory>

#include "libs/stream/processor.h"

namespace dangol::offer {

ServiceSpec Spec();

}  // namespace dangol::offer
