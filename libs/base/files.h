// Small files that another process reads.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace dangol {

// Written aside and renamed: who reads it finds all of the old text or all of the new. An error
// names `field`, which told the path.
absl::Status ReplaceFile(absl::string_view field, absl::string_view path, absl::string_view text);

}  // namespace dangol
