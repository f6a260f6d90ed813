#include "libs/online/script.h"

#include <openssl/sha.h>

#include "absl/strings/escaping.h"

namespace dangol::online {
namespace {

std::string Sha1Hex(absl::string_view bytes) {
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest), sizeof digest));
}

}  // namespace

Script::Script(absl::string_view text) : text_(text), sha1_(Sha1Hex(text_)) {}

}  // namespace dangol::online
