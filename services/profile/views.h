// What profile shows in the online store (docs/online-store.md): the profile card, and who has an
// identifier.
#pragma once

#include "libs/online/view_builder.h"

namespace dangol::profile {

online::ViewBuilder Views();

}  // namespace dangol::profile
