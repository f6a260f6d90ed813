// Reading and writing the service's records as protobuf messages.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "dangol/campaign/v1/state.pb.h"
#include "libs/stream/context.h"
#include "libs/stream/tables.h"

namespace dangol::campaign {

// False: no such record; `out` is cleared.
template <typename Message>
bool Load(StateView& state, Table table, absl::string_view key, Message* out) {
  const std::string* bytes = state.Get(table, key);
  out->Clear();
  return bytes != nullptr && out->ParseFromString(*bytes);
}

// What follows `prefix` in the keys that begin with it, in order: `limit` at most, those after
// `after`. Of table index these are raw contact ids.
std::vector<std::string> KeysUnder(StateView& state, Table table, const std::string& prefix,
                                   const std::string& after = "",
                                   size_t limit = std::numeric_limits<size_t>::max());

bool LoadCustomer(StateView& state, CustomerId id, v1::CustomerRecord* out);
void SaveCustomer(Context& ctx, CustomerId id, v1::CustomerRecord& record);

// Numbers for segment names, so that a customer's memberships stay small. A scope's own; given at
// first sight and kept for ever.
class SegmentNumbers {
 public:
  void Acquire(StateView& state);
  uint32_t NumberOf(absl::string_view segment, Context& ctx);
  bool IsMember(const v1::CustomerRecord& customer, absl::string_view segment) const;
  // In order of name.
  std::vector<std::string> NamesOf(const v1::CustomerRecord& customer) const;

 private:
  absl::flat_hash_map<std::string, uint32_t> numbers_;
};

// Keeps the list ascending. False: nothing changed.
bool SetMember(uint32_t segment, bool member, v1::CustomerRecord* customer);

}  // namespace dangol::campaign
