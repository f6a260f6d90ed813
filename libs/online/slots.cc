#include "libs/online/slots.h"

#include <algorithm>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace dangol::online {
namespace {

// CRC-16/XMODEM, which Redis Cluster's specification names.
constexpr std::array<uint16_t, 256> CrcTable() {
  std::array<uint16_t, 256> table{};
  for (int byte = 0; byte < 256; ++byte) {
    uint16_t crc = static_cast<uint16_t>(byte << 8);
    for (int bit = 0; bit < 8; ++bit)
      crc = static_cast<uint16_t>((crc & 0x8000) ? (crc << 1) ^ 0x1021 : crc << 1);
    table[static_cast<size_t>(byte)] = crc;
  }
  return table;
}

uint16_t Crc16(absl::string_view bytes) {
  static constexpr std::array<uint16_t, 256> kTable = CrcTable();
  uint16_t crc = 0;
  for (const char c : bytes)
    crc = static_cast<uint16_t>((crc << 8) ^ kTable[((crc >> 8) ^ static_cast<uint8_t>(c)) & 0xff]);
  return crc;
}

std::vector<std::string> AllTags() {
  std::vector<std::string> tags(kHashSlots);
  for (int found = 0, i = 0; found < kHashSlots; ++i) {
    const std::string tag = absl::StrCat(i);
    std::string& slot = tags[Crc16(tag) % kHashSlots];
    if (!slot.empty()) continue;
    slot = tag;
    ++found;
  }
  return tags;
}

// One node of the reply: [host, port, id, …]. nullopt: nobody knows where it is.
std::optional<Address> NodeOf(const Reply& node, const Address& asked) {
  if (node.elements.size() < 2 || node.elements[1].type != Reply::Type::kInteger)
    return std::nullopt;
  const std::string& host = node.elements[0].text;
  if (host == "?") return std::nullopt;
  return Address{host.empty() ? asked.host : host, static_cast<int>(node.elements[1].integer)};
}

bool IsRange(const Reply& range) {
  const auto is_slot = [](const Reply& reply) {
    return reply.type == Reply::Type::kInteger && reply.integer >= 0 && reply.integer < kHashSlots;
  };
  return range.elements.size() >= 3 && is_slot(range.elements[0]) && is_slot(range.elements[1]);
}

}  // namespace

int HashSlotOf(absl::string_view key) {
  const size_t open = key.find('{');
  if (open != absl::string_view::npos) {
    const size_t close = key.find('}', open + 1);
    if (close != absl::string_view::npos && close > open + 1)
      key = key.substr(open + 1, close - open - 1);
  }
  return Crc16(key) % kHashSlots;
}

const std::string& TagOf(int slot) {
  static const std::vector<std::string>& tags = *new std::vector<std::string>(AllTags());
  return tags[static_cast<size_t>(slot)];
}

absl::StatusOr<SlotMap> SlotMap::Parse(const Reply& reply, const Address& asked) {
  if (reply.type != Reply::Type::kArray)
    return absl::InternalError("CLUSTER SLOTS was not answered by a list");
  SlotMap map;
  for (const Reply& range : reply.elements) {
    if (!IsRange(range)) return absl::InternalError("CLUSTER SLOTS was answered by no ranges");
    for (size_t i = 2; i < range.elements.size(); ++i) {
      const std::optional<Address> node = NodeOf(range.elements[i], asked);
      if (!node) continue;
      if (i == 2)
        map.Add(static_cast<int>(range.elements[0].integer),
                static_cast<int>(range.elements[1].integer), *node);
      if (std::find(map.nodes_.begin(), map.nodes_.end(), *node) == map.nodes_.end())
        map.nodes_.push_back(*node);
    }
  }
  if (map.masters_.empty())
    return absl::UnavailableError(absl::StrCat("no slot has a master yet, says ", ToString(asked)));
  return map;
}

void SlotMap::Add(int first, int last, const Address& master) {
  const auto known = std::find(masters_.begin(), masters_.end(), master);
  const auto index = known - masters_.begin();
  if (known == masters_.end()) {
    masters_.push_back(master);
    first_slots_.push_back(first);
  }
  std::fill(owner_.begin() + first, owner_.begin() + last + 1, static_cast<int16_t>(index));
}

const Address* SlotMap::MasterOf(int slot) const {
  const int16_t owner = owner_[static_cast<size_t>(slot)];
  return owner < 0 ? nullptr : &masters_[static_cast<size_t>(owner)];
}

absl::StatusOr<Address> ParseRedirect(absl::string_view text, const Address& asked) {
  const std::vector<absl::string_view> words = absl::StrSplit(text, ' ');
  const auto unreadable = [&] {
    return absl::InternalError(absl::StrCat("a redirection to nowhere: ", text));
  };
  if (words.size() != 3) return unreadable();
  const size_t colon = words[2].rfind(':');
  Address to;
  if (colon == absl::string_view::npos || !absl::SimpleAtoi(words[2].substr(colon + 1), &to.port))
    return unreadable();
  to.host = std::string(words[2].substr(0, colon));
  if (to.host.empty()) to.host = asked.host;
  return to;
}

}  // namespace dangol::online
