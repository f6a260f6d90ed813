// Names that people give to resources.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/base/types.h"

namespace dangol {

// [a-z][a-z0-9-]{0,62}, not ending in a hyphen; INVALID_ARGUMENT naming `field` otherwise.
absl::Status CheckResourceName(absl::string_view field, absl::string_view name);

// "customers/{16 hexadecimal digits}" ⇄ id.
std::string CustomerName(CustomerId id);
absl::StatusOr<CustomerId> ParseCustomerName(absl::string_view field, absl::string_view name);

// A short tag of a resource's content that changes whenever the content does.
std::string EtagOf(absl::string_view content);

}  // namespace dangol
