// The offer service's state machine for one scope: proposals in, decisions out, learning from
// contacts and responses.
#pragma once

#include <memory>

#include "libs/stream/processor.h"
#include "services/offer/domain/learning_pace.h"

namespace dangol::offer {

// The same pace in all processes of a cluster; an interval of 0 is the default.
ServiceSpec Spec(LearningPace pace = {});

}  // namespace dangol::offer
