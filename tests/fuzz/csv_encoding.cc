// A file in some encoding: any bytes are text or an error; what comes out is UTF-8; in a named
// encoding it makes no difference where the bytes are cut.
#include <string>

#include "nlohmann/json.hpp"
#include "tests/fuzz/fuzz.h"
#include "tools/dangol/import/encoding.h"

namespace dangol {
namespace {

constexpr const char* kEncodings[] = {"", "UTF-8", "UTF-16", "CP949", "Shift_JIS", "windows-1252"};

bool Decode(const std::string& encoding, absl::string_view bytes, size_t piece, std::string* text) {
  import::TextDecoder decoder(encoding);
  for (size_t at = 0; at < bytes.size(); at += piece) {
    if (!decoder.Decode(bytes.substr(at, piece), /*last=*/false, text).ok()) return false;
  }
  return decoder.Decode("", /*last=*/true, text).ok();
}

bool IsUtf8(const std::string& text) {
  try {
    (void)nlohmann::json(text).dump();
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

}  // namespace
}  // namespace dangol

DANGOL_FUZZ_TARGET(csv_encoding) {
  using namespace dangol;  // NOLINT
  const auto [which, bytes] = fuzz::Choose(data);
  const std::string encoding = kEncodings[which % 6];
  std::string whole, pieces;
  const bool ok = Decode(encoding, bytes, bytes.size() + 1, &whole);
  if (ok) FUZZ_CHECK(IsUtf8(whole));
  // A byte-order mark is looked for in the first piece.
  const bool cut = Decode(encoding, bytes, 4 + which / 6 % 7, &pieces);
  if (encoding.empty()) return;
  FUZZ_CHECK(ok == cut);
  if (ok) FUZZ_CHECK(whole == pieces);
}
