// What campaign shows in the online store (docs/online-store.md): the contacts made with a
// customer.
#pragma once

#include "libs/online/view_builder.h"

namespace dangol::campaign {

online::ViewBuilder Views();

}  // namespace dangol::campaign
