// What a partition does with the definitions that it reads.
#pragma once

#include "libs/stream/context.h"

namespace dangol::event::v1 {
class DefinitionEvent;
}

namespace dangol::segmentation {

enum class DefinitionEffect {
  kNone,        // not ours, or nothing changed
  kCatalogue,   // the catalogue has to be built anew
  kEvaluation,  // and every customer evaluated again
};

// Stores business units, segments and RFM schemes. Idempotent.
DefinitionEffect StoreDefinition(const event::v1::DefinitionEvent& event, Context& ctx);

// Removes the segments that were deleted: everyone has left them.
// Returns whether there were any.
bool RemoveDeleted(Context& ctx);

}  // namespace dangol::segmentation
