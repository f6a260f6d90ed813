#include "services/campaign/domain/customer_ref.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace dangol::campaign {
namespace {

constexpr std::pair<absl::string_view, common::v1::IdentifierType> kTypes[] = {
    {"user_id", common::v1::IDENTIFIER_TYPE_USER_ID},
    {"card", common::v1::IDENTIFIER_TYPE_CARD},
    {"phone", common::v1::IDENTIFIER_TYPE_PHONE},
    {"email", common::v1::IDENTIFIER_TYPE_EMAIL},
    {"anonymous_id", common::v1::IDENTIFIER_TYPE_ANONYMOUS_ID},
};

}  // namespace

absl::StatusOr<common::v1::CustomerRef> ParseRef(absl::string_view field, absl::string_view text) {
  common::v1::CustomerRef ref;
  if (absl::StartsWith(text, "customers/")) {
    ref.set_customer(std::string(text));
    return ref;
  }
  for (const auto& [name, type] : kTypes) {
    const std::string prefix = absl::StrCat(name, ":");
    if (!absl::StartsWith(text, prefix) || text.size() == prefix.size()) continue;
    ref.mutable_identifier()->set_type(type);
    ref.mutable_identifier()->set_value(std::string(text.substr(prefix.size())));
    return ref;
  }
  return BadField(field, text, "names no customer",
                  "write type:value, the type one of user_id, card, phone, email, anonymous_id");
}

std::string RefText(const common::v1::CustomerRef& ref) {
  if (!ref.has_identifier()) return ref.customer();
  for (const auto& [name, type] : kTypes) {
    if (type == ref.identifier().type()) return absl::StrCat(name, ":", ref.identifier().value());
  }
  return absl::StrCat(":", ref.identifier().value());
}

}  // namespace dangol::campaign
