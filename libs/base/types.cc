#include "libs/base/types.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"

namespace dangol {

Slot SlotOf(absl::string_view key) { return static_cast<Slot>(Murmur2(key) & (kSlots - 1)); }

CustomerId NextCustomerId(Slot slot, Micros now, CustomerId last) {
  const auto millis = static_cast<uint64_t>(std::max<Micros>(now, 0) / kMicrosPerMilli);
  const CustomerId first =
      millis << (kCustomerCounterBits + kCustomerSlotBits) | uint64_t{slot} << kCustomerCounterBits;
  if (last < first) return std::max<CustomerId>(first, 1);
  constexpr uint64_t kCounterMask = (1u << kCustomerCounterBits) - 1;
  if ((last & kCounterMask) != kCounterMask) return last + 1;
  // The counter of this millisecond is used up: borrow the next millisecond.
  const uint64_t next_millis = (last >> (kCustomerCounterBits + kCustomerSlotBits)) + 1;
  return next_millis << (kCustomerCounterBits + kCustomerSlotBits) | uint64_t{slot}
                                                                         << kCustomerCounterBits;
}

std::string EncodeKey(uint64_t value) {
  std::string bytes(8, '\0');
  for (int i = 7; i >= 0; --i, value >>= 8) bytes[i] = static_cast<char>(value & 0xff);
  return bytes;
}

uint64_t DecodeKey(absl::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < 8 && i < bytes.size(); ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

absl::string_view ServiceName(Service service) {
  static constexpr absl::string_view kNames[] = {"profile", "segmentation", "offer", "campaign",
                                                 "response"};
  return kNames[static_cast<int>(service)];
}

std::string ToString(Scope scope) {
  return absl::StrCat(std::string(ServiceName(scope.service)), "/", scope.partition);
}

}  // namespace dangol
