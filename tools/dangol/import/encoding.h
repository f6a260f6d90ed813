// Bytes of a file as UTF-8, whatever it was written in.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace dangol::import {

// Not thread-safe. Memory: one converter; nothing of the text is kept.
class TextDecoder {
 public:
  // `encoding`: a name that ICU knows (UTF-8, UTF-16, CP949, Shift_JIS, windows-1252…). Empty:
  // found out from the first bytes decoded: a byte-order mark; else UTF-8 if they are; else UTF-16
  // if every second byte is often zero; else CP949 if they look Korean. A guess that turns out
  // wrong is an error.
  explicit TextDecoder(std::string encoding);
  ~TextDecoder();

  // Appends what `bytes` say, without a byte-order mark; a character may be cut at their end,
  // unless they are the `last`. The first call decides: give it what there is, 64 KiB say.
  // INVALID_ARGUMENT: an unknown encoding, or bytes that are not text in it, naming the line and
  // the field of the mapping that would help.
  absl::Status Decode(absl::string_view bytes, bool last, std::string* text);

 private:
  struct Converter;
  absl::Status Open(absl::string_view* bytes, bool last);
  absl::Status NotText() const;

  std::string encoding_;
  bool guessed_ = false;
  bool begun_ = false;
  int64_t line_ = 1;
  std::unique_ptr<Converter> converter_;
};

}  // namespace dangol::import
