#include "libs/online/keys.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace dangol::online {

absl::string_view ViewName(View view) {
  static constexpr absl::string_view kNames[kViews] = {"profile", "memberships", "contacts",
                                                       "decisions"};
  return kNames[static_cast<size_t>(view)];
}

std::string CustomerText(CustomerId customer) {
  return absl::StrCat(absl::Hex(customer, absl::kZeroPad16));
}

std::optional<CustomerId> ParseCustomerText(absl::string_view text) {
  CustomerId customer = 0;
  if (text.size() != 16 || !absl::SimpleHexAtoi(text, &customer)) return std::nullopt;
  return customer;
}

std::string ViewKey(absl::string_view prefix, View view, CustomerId customer) {
  return absl::StrCat(prefix, ":", ViewName(view), ":{", CustomerText(customer), "}");
}

std::string IdentifierKey(absl::string_view prefix, absl::string_view identifier) {
  return absl::StrCat(prefix, ":identifier:{", identifier, "}");
}

std::string MarkKey(absl::string_view prefix, absl::string_view tag, Scope scope) {
  return absl::StrCat(prefix, ":mark:{", tag, "}:", ToString(scope));
}

std::string KeyOf(absl::string_view prefix, const Change& change) {
  return change.identifier.empty() ? ViewKey(prefix, change.view, change.customer)
                                   : IdentifierKey(prefix, change.identifier);
}

}  // namespace dangol::online
