// The traits that customers of a partition have had, by name, so that a misspelt one in an
// expression can be told. They serve warnings only: evaluation does not read them.
#pragma once

#include "libs/stream/context.h"
#include "services/segmentation/domain/catalogue.h"

namespace dangol::event::v1 {
class ProfileChanged;
}

namespace dangol::segmentation {

// Beyond so many names a partition remembers no further ones.
inline constexpr int kKnownTraitsMax = 1'000;

// Idempotent. A name seen with values of several types is known with type kAny.
void NoteTraits(const event::v1::ProfileChanged& changed, Context& ctx);

// Adds the partition's names.
void AddTraits(StateView& state, KnownTraits* traits);
void AddTrait(const std::string& name, expr::ValueType type, KnownTraits* traits);

}  // namespace dangol::segmentation
