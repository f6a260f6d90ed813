// Create-or-update of a definition: what an Apply does with version and etag.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/util/message_differencer.h"
#include "libs/base/names.h"
#include "libs/base/status.h"

namespace dangol {

inline constexpr char kCreated[] = "CREATED";
inline constexpr char kUpdated[] = "UPDATED";
inline constexpr char kUnchanged[] = "UNCHANGED";

// Gives `wanted` the version and etag that it has once it takes the place of `known` (nullptr:
// there is none), and says what that changes. `etag`: what the caller believes known's to be;
// empty: it does not mind. ABORTED as EtagMismatch says: it is another.
template <typename Resource>
absl::StatusOr<std::string> ApplyOver(const Resource* known, const std::string& etag,
                                      Resource* wanted) {
  const std::string known_etag = known == nullptr ? "" : known->etag();
  if (!etag.empty() && etag != known_etag) return EtagMismatch(wanted->name(), etag, known_etag);
  wanted->set_version(known == nullptr ? 0 : known->version());
  wanted->set_etag(known_etag);
  if (known != nullptr && google::protobuf::util::MessageDifferencer::Equals(*wanted, *known)) {
    return kUnchanged;
  }
  wanted->set_version(wanted->version() + 1);
  wanted->clear_etag();
  wanted->set_etag(EtagOf(wanted->SerializeAsString()));
  return known == nullptr ? kCreated : kUpdated;
}

}  // namespace dangol
