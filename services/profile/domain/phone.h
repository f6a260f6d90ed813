// Phone numbers to E.164. The only file that knows libphonenumber is phone.cc.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace dangol::profile {

// "010-1234-5678" in region KR → "+821012345678". nullopt: no possible number, or one without
// country code in an unknown region. Thread-safe.
std::optional<std::string> NormalisePhone(absl::string_view text, absl::string_view region);

// A region that libphonenumber knows, e.g. "KR".
bool IsPhoneRegion(absl::string_view region);

}  // namespace dangol::profile
