// Reading and checking token files; private to libs/rpc.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/rpc/auth.h"

namespace dangol::rpc {

struct TokenEntry {
  std::string token_sha256;  // 64 lower-case hex digits
  Principal principal;
};

// 1 to 128 printable ASCII characters, no spaces.
bool IsPrincipalName(absl::string_view name);

// See Authenticator::FromFile for the two forms and the errors. At least one entry.
absl::StatusOr<std::vector<TokenEntry>> ParseTokenFile(absl::string_view file_name,
                                                       absl::string_view text);

// A whole file of at most 4 MB: NOT_FOUND, or RESOURCE_EXHAUSTED when it is larger.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path);

}  // namespace dangol::rpc
