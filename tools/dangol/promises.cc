#include "tools/dangol/promises.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace dangol::cli {
namespace {

constexpr char kUnknownUnit[] = "UNKNOWN_BUSINESS_UNIT";
constexpr char kUnitKind[] = "BusinessUnit";

}  // namespace

bool NamesUnknown(const absl::Status& refusal) {
  const std::string reason = DetailOf(refusal).reason;
  if (absl::StartsWith(reason, "UNKNOWN_")) return true;
  // Inside the text of an expression.
  return reason == "BAD_EXPRESSION" &&
         (absl::StrContains(refusal.message(), "unknown segment ") ||
          absl::StrContains(refusal.message(), "unknown RFM scheme "));
}

void Promises::Add(absl::string_view kind, absl::string_view name) {
  promised_.emplace_back(kind, name);
}

std::string Promises::MissingIn(const absl::Status& refusal) const {
  if (!NamesUnknown(refusal)) return "";
  // A document without a business unit means the only one, which is among the promised.
  const bool any_unit =
      DetailOf(refusal).reason == kUnknownUnit && absl::StrContains(refusal.message(), Quote(""));
  for (const auto& [kind, name] : promised_) {
    if (absl::StrContains(refusal.message(), Quote(name)) || (any_unit && kind == kUnitKind)) {
      return absl::StrCat(kind, " ", name);
    }
  }
  return "";
}

}  // namespace dangol::cli
