// What the store holds: views of customers, and identifiers that lead to them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "libs/base/types.h"

namespace dangol::online {

// Each has one writer: the scope of the service in brackets that owns the customer.
enum class View : uint8_t {
  kProfile,      // profile card (profile)
  kMemberships,  // segments, each with its since-time (segmentation)
  kContacts,     // contact counters (campaign)
  kDecisions,    // live decisions (offer)
};
inline constexpr int kViews = 4;
absl::string_view ViewName(View view);  // "profile", …: part of its key

// Which state of a scope: an offset in the changelog of that id. Offsets of one changelog grow;
// of two changelogs nothing is known.
struct Version {
  std::string log;
  uint64_t offset = 0;
  friend bool operator==(const Version&, const Version&) = default;
};

// A new value of a customer's view (nullopt: there is none any more), or of what an identifier
// leads to.
struct Change {
  // By exactly one of the two: `identifier` empty, a view of `customer`; else the identifier, type
  // and normal form such as "email:ann@example.org", leads to `customer`.
  CustomerId customer = 0;
  View view = View::kProfile;
  std::string identifier;
  bool deleted = false;
  std::string value;  // of a view: JSON (docs/online-store.md)
};

inline Change PutView(View view, CustomerId customer, std::string value) {
  return {.customer = customer, .view = view, .value = std::move(value)};
}
inline Change DeleteView(View view, CustomerId customer) {
  return {.customer = customer, .view = view, .deleted = true};
}
inline Change PutIdentifier(std::string identifier, CustomerId customer) {
  return {.customer = customer, .identifier = std::move(identifier)};
}
inline Change DeleteIdentifier(std::string identifier) {
  return {.identifier = std::move(identifier), .deleted = true};
}

// What a look-up found.
struct Found {
  enum class Kind {
    kValue,
    kDeleted,  // the store knows that there is none, as of `version`
    kMiss,     // it does not know: ask the owner
  };
  Kind kind = Kind::kMiss;
  std::string value;        // of a view
  CustomerId customer = 0;  // of an identifier
  Version version;
  std::string miss;  // why: absent, older, omitted, unreadable, or what went wrong
};

}  // namespace dangol::online
