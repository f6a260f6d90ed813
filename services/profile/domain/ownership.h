// Which identifiers are a customer's: first claim wins, in the identifier's own scope.
#pragma once

#include <vector>

#include "dangol/common/v1/identifier.pb.h"
#include "libs/base/types.h"
#include "services/profile/domain/identifier.h"

namespace dangol::event::v1 {
class AddressKinds;
}
namespace dangol::profile::v1 {
class CustomerRecord;
class IdentifierRecord;
}  // namespace dangol::profile::v1

namespace dangol::profile {

// Identifiers remembered per customer, refused ones included.
inline constexpr int kIdentifiersPerCustomerMax = 256;

v1::IdentifierRecord* FindIdentifier(const common::v1::Identifier& identifier,
                                     v1::CustomerRecord* record);

// Those that are its own, or may be: a claim is under way.
std::vector<common::v1::Identifier> IdentifiersHeld(const v1::CustomerRecord& record);

// Notes identifiers that came with the customer and are new to it as claimed, and returns them: one
// claim each must be sent. `dropped` counts those beyond the limit.
std::vector<common::v1::Identifier> NoteClaims(const Identifiers& identifiers,
                                               absl::string_view source, Micros now,
                                               v1::CustomerRecord* record, int* dropped);

// Settles a claim. True when the record changed (the first answer; repeats change nothing).
bool SettleClaim(const common::v1::Identifier& identifier, absl::string_view source, bool granted,
                 Micros now, v1::CustomerRecord* record);

// The kinds of address among a customer's identifiers. A claim counts until it is refused: nearly
// all are granted, and a wave may start before the answer is here.
event::v1::AddressKinds AddressKindsOf(const v1::CustomerRecord& record);
bool SameKinds(const event::v1::AddressKinds& a, const event::v1::AddressKinds& b);

}  // namespace dangol::profile
