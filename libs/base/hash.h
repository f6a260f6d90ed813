// Hashes whose values are part of stored data: never change them.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace dangol {

// Kafka's Java client's hash of a key (Utils.murmur2), before its sign bit is masked.
uint32_t Murmur2(absl::string_view bytes);

// XXH3, 64 bits. Stable across processes, machines and versions.
uint64_t Hash64(absl::string_view bytes, uint64_t seed = 0);
uint64_t HashCombine(uint64_t a, uint64_t b);

// A hash as a number uniform in [0, 1).
double UnitInterval(uint64_t hash);

// Lower-case hex. For token hashes and definition hashes.
std::string Sha256Hex(absl::string_view bytes);

}  // namespace dangol
