#include "tools/dangol/import/encoding.h"

#include <unicode/ucnv.h>
#include <unicode/ucnv_err.h>

#include <algorithm>
#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/base/status.h"

namespace dangol::import {
namespace {

constexpr absl::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr absl::string_view kUtf16LittleMark = "\xFF\xFE";
constexpr absl::string_view kUtf16BigMark = "\xFE\xFF";
constexpr char kFix[] = "name the file's encoding in the mapping, e.g. file: {encoding: CP949}";

// Strict both ways: bytes that mean nothing stop the conversion.
UConverter* OpenStrict(const std::string& name) {
  UErrorCode error = U_ZERO_ERROR;
  // ICU's own CP949 is IBM's; what is called so everywhere else is Microsoft's.
  const bool korean = absl::EqualsIgnoreCase(name, "CP949") || absl::EqualsIgnoreCase(name, "UHC");
  UConverter* converter = ucnv_open(korean ? "windows-949" : name.c_str(), &error);
  if (U_FAILURE(error)) return nullptr;
  ucnv_setToUCallBack(converter, UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &error);
  return converter;
}

}  // namespace

// From the file's encoding to UTF-8 by way of UTF-16, a piece at a time.
struct TextDecoder::Converter {
  explicit Converter(const std::string& name)
      : from(OpenStrict(name)),
        to(OpenStrict("UTF-8")),
        source(pivot.data()),
        target(pivot.data()) {}
  ~Converter() {
    if (from != nullptr) ucnv_close(from);
    if (to != nullptr) ucnv_close(to);
  }

  // False: not text in this encoding.
  bool Convert(absl::string_view bytes, bool last, std::string* text) {
    std::array<char, 16 << 10> out;
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    UErrorCode error = U_BUFFER_OVERFLOW_ERROR;
    while (error == U_BUFFER_OVERFLOW_ERROR) {
      error = U_ZERO_ERROR;
      char* written = out.data();
      ucnv_convertEx(to, from, &written, out.data() + out.size(), &at, end, pivot.data(), &source,
                     &target, pivot.data() + pivot.size(), /*reset=*/false, /*flush=*/last, &error);
      text->append(out.data(), static_cast<size_t>(written - out.data()));
    }
    return U_SUCCESS(error);
  }

  UConverter* from;
  UConverter* to;
  std::array<UChar, 4096> pivot;
  UChar* source;
  UChar* target;
};

namespace {

bool IsText(const std::string& encoding, absl::string_view bytes, bool last);

// Four in five of the characters beyond ASCII are common Hangul, as KS X 1001 has them: text in a
// Western encoding, which CP949 could read as rare characters, is not.
bool LooksKorean(absl::string_view bytes) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  size_t pairs = 0, hangul = 0;
  for (size_t i = 0; i + 1 < bytes.size(); ++i) {
    if (at(i) < 0x80) continue;
    ++pairs;
    hangul += at(i) >= 0xb0 && at(i) <= 0xc8 && at(i + 1) >= 0xa1;
    ++i;
  }
  return hangul * 5 >= pairs * 4;
}

// Every second byte of Western text in UTF-16 is zero; no other encoding of text has zeros.
std::string Utf16Of(absl::string_view bytes) {
  size_t zeros[2] = {0, 0};
  for (size_t i = 0; i < bytes.size(); ++i) zeros[i % 2] += bytes[i] == '\0';
  if (zeros[1] > zeros[0]) return "UTF-16LE";
  return zeros[0] > zeros[1] ? "UTF-16BE" : "";
}

}  // namespace

TextDecoder::TextDecoder(std::string encoding) : encoding_(std::move(encoding)) {}
TextDecoder::~TextDecoder() = default;

absl::Status TextDecoder::Open(absl::string_view* bytes, bool last) {
  guessed_ = encoding_.empty();
  const bool utf16 = absl::EqualsIgnoreCase(encoding_, "UTF-16");
  if (absl::ConsumePrefix(bytes, kUtf8Mark)) {
    if (guessed_) encoding_ = "UTF-8";
  } else if ((guessed_ || utf16) && absl::ConsumePrefix(bytes, kUtf16LittleMark)) {
    encoding_ = "UTF-16LE";
  } else if ((guessed_ || utf16) && absl::ConsumePrefix(bytes, kUtf16BigMark)) {
    encoding_ = "UTF-16BE";
  } else if (guessed_) {
    encoding_ = Utf16Of(*bytes);
    if (encoding_.empty()) {
      const bool korean = !IsText("UTF-8", *bytes, last) && LooksKorean(*bytes);
      encoding_ = korean ? "CP949" : "UTF-8";
    }
  }
  converter_ = std::make_unique<Converter>(encoding_);
  if (converter_->from != nullptr) return absl::OkStatus();
  return BadField("file.encoding", encoding_, "is no encoding", "use UTF-8, UTF-16, CP949, …");
}

absl::Status TextDecoder::NotText() const {
  return BadField("file", absl::StrCat("line ", line_), absl::StrCat("is not ", encoding_),
                  guessed_ ? kFix : "correct the encoding named in the mapping, or the file");
}

absl::Status TextDecoder::Decode(absl::string_view bytes, bool last, std::string* text) {
  if (converter_ == nullptr) DANGOL_RETURN_IF_ERROR(Open(&bytes, last));
  const size_t before = text->size();
  const bool good = converter_->Convert(bytes, last, text);
  if (!begun_ && text->size() > before) {
    begun_ = true;
    // The mark of an encoding that was named with its order of bytes.
    if (absl::StartsWith(absl::string_view(*text).substr(before), kUtf8Mark)) {
      text->erase(before, kUtf8Mark.size());
    }
  }
  line_ += std::count(text->begin() + static_cast<std::ptrdiff_t>(before), text->end(), '\n');
  return good ? absl::OkStatus() : NotText();
}

namespace {

bool IsText(const std::string& encoding, absl::string_view bytes, bool last) {
  TextDecoder decoder(encoding);
  std::string text;
  return decoder.Decode(bytes, last, &text).ok();
}

}  // namespace

}  // namespace dangol::import
