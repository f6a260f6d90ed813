#include "libs/base/hash.h"

#include <openssl/sha.h>
#include <xxhash.h>

#include <cstring>

#include "absl/strings/escaping.h"

namespace dangol {

uint32_t Murmur2(absl::string_view bytes) {
  constexpr uint32_t kMul = 0x5bd1e995;
  constexpr uint32_t kSeed = 0x9747b28c;
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  size_t length = bytes.size();
  uint32_t h = kSeed ^ static_cast<uint32_t>(length);
  for (; length >= 4; length -= 4, data += 4) {
    uint32_t k = data[0] | data[1] << 8 | data[2] << 16 | static_cast<uint32_t>(data[3]) << 24;
    k *= kMul;
    k ^= k >> 24;
    k *= kMul;
    h = h * kMul ^ k;
  }
  if (length >= 3) h ^= data[2] << 16;
  if (length >= 2) h ^= data[1] << 8;
  if (length >= 1) h = (h ^ data[0]) * kMul;
  h ^= h >> 13;
  h *= kMul;
  return h ^ h >> 15;
}

uint64_t Hash64(absl::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

uint64_t HashCombine(uint64_t a, uint64_t b) {
  const uint64_t both[2] = {a, b};
  return XXH3_64bits(both, sizeof both);
}

double UnitInterval(uint64_t hash) { return static_cast<double>(hash >> 11) * 0x1.0p-53; }

std::string Sha256Hex(absl::string_view bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest), sizeof digest));
}

}  // namespace dangol
