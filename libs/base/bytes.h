// Numbers as varints, texts after their length, one after the other: what stored bytes are made of.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace dangol {

class ByteWriter {
 public:
  // `bytes`: about what it will be.
  explicit ByteWriter(size_t bytes = 64) { out_.reserve(bytes); }
  void Varint(uint64_t value) {
    char digits[10];
    size_t n = 0;
    for (; value >= 0x80; value >>= 7) digits[n++] = static_cast<char>(value | 0x80);
    digits[n++] = static_cast<char>(value);
    out_.append(digits, n);
  }
  void Signed(int64_t value) {  // zigzag
    Varint(static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63));
  }
  void Text(absl::string_view bytes) {
    Varint(bytes.size());
    out_.append(bytes.data(), bytes.size());
  }
  std::string Take() { return std::move(out_); }

 private:
  std::string out_;
};

// After an overrun every read gives 0 and ok() is false.
class ByteReader {
 public:
  explicit ByteReader(absl::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}
  bool ok() const { return ok_; }
  // All was read, and nothing failed.
  bool done() const { return ok_ && at_ == end_; }
  size_t left() const { return static_cast<size_t>(end_ - at_); }
  absl::string_view rest() const { return {at_, left()}; }

  uint8_t Byte() {
    return at_ == end_ ? static_cast<uint8_t>(Fail()) : static_cast<uint8_t>(*at_++);
  }

  uint64_t Varint() {
    uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) return Fail();
      const uint8_t byte = static_cast<uint8_t>(*at_++);
      v |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return v;
    }
    return Fail();
  }
  int64_t Signed() {
    const uint64_t v = Varint();
    return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1);
  }
  void Fixed(void* p, size_t n) {
    if (left() < n) {
      Fail();
      std::memset(p, 0, n);
      return;
    }
    std::memcpy(p, at_, n);
    at_ += n;
  }
  absl::string_view Text() {
    const uint64_t n = Varint();
    if (n > left()) {
      Fail();
      return "";
    }
    absl::string_view text(at_, n);
    at_ += n;
    return text;
  }
  // A number of things of which each takes at least a byte.
  size_t Count() {
    const uint64_t n = Varint();
    return n > left() ? Fail() : static_cast<size_t>(n);
  }

 private:
  uint64_t Fail() {
    ok_ = false;
    at_ = end_;
    return 0;
  }
  const char* at_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace dangol
