// Identifiers in their one normal form, so that the same thing written differently is one key.
//
//   user id, anonymous id   trimmed, Unicode NFC, otherwise as it is
//   card                    digits only (spaces, hyphens and dots fall away)
//   phone                   E.164, by the region given where there is no country code
//   e-mail                  trimmed, NFC, lower case (of no particular language)
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "dangol/common/v1/identifier.pb.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "libs/base/types.h"
#include "services/profile/domain/problem.h"

namespace dangol::profile {

using Identifiers = google::protobuf::RepeatedPtrField<common::v1::Identifier>;

inline constexpr size_t kIdentifierBytesMax = 256;
inline constexpr int kIdentifiersPerItemMax = 16;

// Normalises in place; idempotent. On a problem (its field is "type" or "value") the identifier is
// as it was.
MaybeProblem Normalise(absl::string_view phone_region, common::v1::Identifier* identifier);

// All of them; then the primary one (the strongest; of several, the first) stands first and repeats
// are gone. At least one and at most kIdentifiersPerItemMax. Fields are "identifiers[i].value".
MaybeProblem NormaliseAll(absl::string_view phone_region, Identifiers* identifiers);

// "user_id:42": the key of ingest and of the index. Of a normalised identifier.
std::string TextOf(const common::v1::Identifier& identifier);
inline Slot SlotOf(const common::v1::Identifier& identifier) {
  return dangol::SlotOf(TextOf(identifier));
}

// User ids and cards name one person; the others may be shared.
bool IsStrong(common::v1::IdentifierType type);

bool IsUtf8(absl::string_view text);

}  // namespace dangol::profile
