// Which node of a Redis Cluster has which key.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/online/address.h"
#include "libs/online/reply.h"

namespace dangol::online {

inline constexpr int kHashSlots = 16'384;

// CRC16 of the key, or of what is between its first '{' and the next '}' if that is not empty. Not
// the slot of a customer (libs/base/types.h).
int HashSlotOf(absl::string_view key);
// A tag whose keys, "…{tag}…", are in `slot`: a small number as text.
const std::string& TagOf(int slot);

// Immutable once parsed.
class SlotMap {
 public:
  // From the reply to CLUSTER SLOTS; a node that does not know its own address is `asked`.
  // UNAVAILABLE: no slots yet. INTERNAL: not such a reply.
  static absl::StatusOr<SlotMap> Parse(const Reply& reply, const Address& asked);

  // nullptr: nobody has the slot now.
  const Address* MasterOf(int slot) const;
  // In the order of their first slots.
  const std::vector<Address>& masters() const { return masters_; }
  // The first slot of each of masters().
  const std::vector<int>& first_slots() const { return first_slots_; }
  // Every node, replicas too: whom to ask for a newer map.
  const std::vector<Address>& nodes() const { return nodes_; }

 private:
  SlotMap() { owner_.fill(-1); }
  void Add(int first, int last, const Address& master);

  std::array<int16_t, kHashSlots> owner_;  // index into masters_, or -1
  std::vector<Address> masters_;
  std::vector<int> first_slots_;
  std::vector<Address> nodes_;
};

// Where "MOVED 3999 127.0.0.1:6381" or "ASK …" sends; an empty host is the one that was asked.
absl::StatusOr<Address> ParseRedirect(absl::string_view text, const Address& asked);

}  // namespace dangol::online
