#include "services/campaign/domain/contact_id.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"

namespace dangol::campaign {
namespace {

// 0 to 15, also of what is no digit.
int HexDigit(char c) { return (c <= '9' ? c : c + 9) & 0xf; }

}  // namespace

std::string RawPrefixOfCampaign(absl::string_view campaign) {
  return EncodeKey(Hash64(campaign)).substr(0, 4);
}

std::string MakeContactId(absl::string_view campaign, absl::string_view cause,
                          CustomerId customer) {
  // Lengths first, so that no two (campaign, cause) pairs give the same bytes.
  const std::string bytes =
      absl::StrCat(campaign.size(), ":", campaign, cause.size(), ":", cause, EncodeKey(customer));
  std::string raw = RawPrefixOfCampaign(campaign);
  raw += EncodeKey(Hash64(bytes, 1));
  raw += EncodeKey(Hash64(bytes, 2)).substr(0, 4);
  const Slot slot = SlotOfCustomer(customer);
  raw[14] = static_cast<char>((raw[14] & 0xf0) | (slot >> 8));
  raw[15] = static_cast<char>(slot & 0xff);
  return ContactIdOfRaw(raw);
}

absl::Status CheckContactId(absl::string_view contact_id) {
  bool good = contact_id.size() == 32;
  for (char c : contact_id) good = good && (absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f'));
  if (good) return absl::OkStatus();
  return BadField("contact_id", contact_id, "is no contact id", "give 32 lower-case hex digits");
}

Slot SlotOfContact(absl::string_view contact_id) {
  const std::string raw = RawContactId(contact_id);
  return static_cast<Slot>(((raw[14] & 0x0f) << 8) | static_cast<unsigned char>(raw[15]));
}

std::string RawContactId(absl::string_view contact_id) {
  // Not absl::HexStringToBytes: its newer form is not in Debian 12, its older one deprecated in 13.
  std::string raw(contact_id.size() / 2, '\0');
  for (size_t i = 0; i < raw.size(); ++i) {
    raw[i] = static_cast<char>(HexDigit(contact_id[2 * i]) << 4 | HexDigit(contact_id[2 * i + 1]));
  }
  return raw;
}

uint64_t ShortContactId(absl::string_view contact_id) {
  return DecodeKey(RawContactId(contact_id).substr(4, 8));
}

std::string ContactIdOfRaw(absl::string_view raw) { return absl::BytesToHexString(raw); }

}  // namespace dangol::campaign
