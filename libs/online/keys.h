// The store's keys. Other teams read them: docs/online-store.md is the contract.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "libs/base/types.h"
#include "libs/online/view.h"

namespace dangol::online {

// A customer id as in "customers/<id>": 16 hexadecimal digits.
std::string CustomerText(CustomerId customer);
std::optional<CustomerId> ParseCustomerText(absl::string_view text);

// <prefix>:<view>:{<customer>}; the braces keep a customer's views on one node.
std::string ViewKey(absl::string_view prefix, View view, CustomerId customer);
// <prefix>:identifier:{<type>:<value>}
std::string IdentifierKey(absl::string_view prefix, absl::string_view identifier);
// <prefix>:mark:{<tag>}:<service>/<partition>; one on each master.
std::string MarkKey(absl::string_view prefix, absl::string_view tag, Scope scope);

// Of a change.
std::string KeyOf(absl::string_view prefix, const Change& change);

}  // namespace dangol::online
