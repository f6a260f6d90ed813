// What segmentation shows in the online store (docs/online-store.md): the segments that a customer
// is in.
#pragma once

#include "libs/online/view_builder.h"

namespace dangol::segmentation {

online::ViewBuilder Views();

}  // namespace dangol::segmentation
