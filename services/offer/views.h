// What offer shows in the online store (docs/online-store.md): the decisions that wait for their
// contact.
#pragma once

#include "libs/online/view_builder.h"

namespace dangol::offer {

online::ViewBuilder Views();

}  // namespace dangol::offer
