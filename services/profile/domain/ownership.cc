#include "services/profile/domain/ownership.h"

#include "dangol/event/v1/customer.pb.h"
#include "dangol/profile/v1/state.pb.h"

namespace dangol::profile {
namespace {

v1::IdentifierRecord* AddIdentifier(const common::v1::Identifier& id, absl::string_view source,
                                    Micros now, v1::IdentifierRecord::Status status,
                                    v1::CustomerRecord* record) {
  v1::IdentifierRecord* added = record->add_identifiers();
  *added->mutable_identifier() = id;
  added->set_source(std::string(source));
  added->set_first_seen_time_us(now);
  added->set_status(status);
  record->set_version(record->version() + 1);
  return added;
}

}  // namespace

v1::IdentifierRecord* FindIdentifier(const common::v1::Identifier& id, v1::CustomerRecord* record) {
  for (v1::IdentifierRecord& known : *record->mutable_identifiers()) {
    if (known.identifier().type() == id.type() && known.identifier().value() == id.value()) {
      return &known;
    }
  }
  return nullptr;
}

std::vector<common::v1::Identifier> IdentifiersHeld(const v1::CustomerRecord& record) {
  std::vector<common::v1::Identifier> held;
  for (const v1::IdentifierRecord& known : record.identifiers()) {
    if (known.status() != v1::IdentifierRecord::STATUS_REFUSED) held.push_back(known.identifier());
  }
  return held;
}

std::vector<common::v1::Identifier> NoteClaims(const Identifiers& ids, absl::string_view source,
                                               Micros now, v1::CustomerRecord* record,
                                               int* dropped) {
  std::vector<common::v1::Identifier> claims;
  for (const common::v1::Identifier& id : ids) {
    if (FindIdentifier(id, record) != nullptr) continue;
    if (record->identifiers_size() >= kIdentifiersPerCustomerMax) {
      ++*dropped;
      continue;
    }
    AddIdentifier(id, source, now, v1::IdentifierRecord::STATUS_CLAIMED, record);
    claims.push_back(id);
  }
  return claims;
}

bool SettleClaim(const common::v1::Identifier& id, absl::string_view source, bool granted,
                 Micros now, v1::CustomerRecord* record) {
  const auto status =
      granted ? v1::IdentifierRecord::STATUS_OWNED : v1::IdentifierRecord::STATUS_REFUSED;
  v1::IdentifierRecord* known = FindIdentifier(id, record);
  if (known == nullptr) {
    AddIdentifier(id, source, now, status, record);
    return true;
  }
  if (known->status() != v1::IdentifierRecord::STATUS_CLAIMED) return false;
  known->set_status(status);
  record->set_version(record->version() + 1);
  return true;
}

event::v1::AddressKinds AddressKindsOf(const v1::CustomerRecord& record) {
  event::v1::AddressKinds kinds;
  for (const v1::IdentifierRecord& known : record.identifiers()) {
    if (known.status() == v1::IdentifierRecord::STATUS_REFUSED) continue;
    switch (known.identifier().type()) {
      case common::v1::IDENTIFIER_TYPE_EMAIL:
        kinds.set_email(true);
        break;
      case common::v1::IDENTIFIER_TYPE_PHONE:
        kinds.set_phone(true);
        break;
      case common::v1::IDENTIFIER_TYPE_USER_ID:
        kinds.set_user_id(true);
        break;
      default:
        break;
    }
  }
  return kinds;
}

bool SameKinds(const event::v1::AddressKinds& a, const event::v1::AddressKinds& b) {
  return a.email() == b.email() && a.phone() == b.phone() && a.user_id() == b.user_id();
}

}  // namespace dangol::profile
