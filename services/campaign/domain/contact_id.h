// The identity of a contact: 32 lower-case hex digits,
//   8  of Hash64(campaign)           a campaign's contacts are neighbours in key order
//   21 of the hash of (campaign, cause, customer)
//   3  the customer's slot           the partition is known from the id alone, whatever their
//   number
// The same campaign, cause and customer give the same id: that is what makes a contact happen once.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/base/types.h"

namespace dangol::campaign {

// `cause`: the wave; or of triggered contacts the message id, or "<segment>/<sequence>".
std::string MakeContactId(absl::string_view campaign, absl::string_view cause, CustomerId customer);

// INVALID_ARGUMENT naming contact_id unless it is 32 lower-case hex digits.
absl::Status CheckContactId(absl::string_view contact_id);
Slot SlotOfContact(absl::string_view contact_id);

// 16 bytes ⇄ 32 digits; what keys are made of. The first four bytes are the campaign's.
std::string RawContactId(absl::string_view contact_id);
std::string ContactIdOfRaw(absl::string_view raw);
// RecentContact.contact: the eight bytes after the campaign's.
uint64_t ShortContactId(absl::string_view contact_id);
std::string RawPrefixOfCampaign(absl::string_view campaign);

}  // namespace dangol::campaign
