// The identities every module shares: services, scopes, slots, partitions, customer ids.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace dangol {

// UTC microseconds since the Unix epoch. The only representation of a point in time in the system.
using Micros = int64_t;
inline constexpr Micros kMicrosPerMilli = 1'000;
inline constexpr Micros kMicrosPerSecond = 1'000'000;
inline constexpr Micros kMicrosPerMinute = 60 * kMicrosPerSecond;
inline constexpr Micros kMicrosPerHour = 60 * kMicrosPerMinute;
inline constexpr Micros kMicrosPerDay = 24 * kMicrosPerHour;
inline constexpr Micros kNever = INT64_MAX;

// The low 12 bits of a key's murmur2 hash; independent of the partition count.
using Slot = uint16_t;
inline constexpr uint32_t kSlots = 4096;
using Partition = uint16_t;

// Slot of an ingest key, as Kafka's Java client would partition it.
Slot SlotOf(absl::string_view key);
// `partitions` is a power of two, at most kSlots.
inline Partition PartitionOf(Slot slot, uint32_t partitions) {
  return static_cast<Partition>(slot & (partitions - 1));
}

// 42 bits of milliseconds since the epoch | 12 bits of slot | 10 bits of counter: time-ordered and
// independent of the partition count. 0 is no customer.
using CustomerId = uint64_t;
inline constexpr int kCustomerCounterBits = 10;
inline constexpr int kCustomerSlotBits = 12;

constexpr Slot SlotOfCustomer(CustomerId id) {
  return static_cast<Slot>((id >> kCustomerCounterBits) & (kSlots - 1));
}
constexpr Micros FirstSeenOfCustomer(CustomerId id) {
  return static_cast<Micros>(id >> (kCustomerCounterBits + kCustomerSlotBits)) * kMicrosPerMilli;
}
inline Partition PartitionOfCustomer(CustomerId id, uint32_t partitions) {
  return PartitionOf(SlotOfCustomer(id), partitions);
}
// The least id of `slot` at or after `now` that is greater than `last` (the last issued for that
// slot, or 0).
CustomerId NextCustomerId(Slot slot, Micros now, CustomerId last);

// Eight big-endian bytes, so that byte order is numeric order; what state keys are made of.
std::string EncodeKey(uint64_t value);
uint64_t DecodeKey(absl::string_view bytes);

enum class Service : uint8_t { kProfile, kSegmentation, kOffer, kCampaign, kResponse };
inline constexpr int kServices = 5;
absl::string_view ServiceName(Service service);

// The unit of order, ownership and state.
struct Scope {
  Service service;
  Partition partition;
  friend bool operator==(const Scope&, const Scope&) = default;
  friend auto operator<=>(const Scope&, const Scope&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Scope& s) {
    return H::combine(std::move(h), static_cast<int>(s.service), s.partition);
  }
};
std::string ToString(Scope scope);  // "segmentation/3"

}  // namespace dangol
