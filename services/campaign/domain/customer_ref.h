// Customers as text: "customers/<16 hex>", or "<type>:<value>" with type user_id, card, phone,
// email or anonymous_id. What seed lists hold and the hash of an uploaded list is made of.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dangol/common/v1/identifier.pb.h"
#include "libs/base/names.h"

namespace dangol::campaign {

// INVALID_ARGUMENT naming `field`.
absl::StatusOr<common::v1::CustomerRef> ParseRef(absl::string_view field, absl::string_view text);
std::string RefText(const common::v1::CustomerRef& ref);

}  // namespace dangol::campaign
