// The bytes of segmentation's records: numbers as varints, texts after their length.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace dangol::segmentation {

class Writer {
 public:
  Writer() = default;
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void Byte(uint8_t v) {
    Room(1);
    *at_++ = static_cast<char>(v);
  }
  void Varint(uint64_t v) {
    Room(10);
    for (; v >= 0x80; v >>= 7) *at_++ = static_cast<char>(v | 0x80);
    *at_++ = static_cast<char>(v);
  }
  void Signed(int64_t v) {
    Varint((static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63));
  }
  void Fixed(const void* p, size_t n) {
    Room(n);
    std::memcpy(at_, p, n);
    at_ += n;
  }
  void Text(absl::string_view text) {
    Varint(text.size());
    if (!text.empty()) Fixed(text.data(), text.size());
  }
  // What was written, with no room to spare: it is kept for long.
  std::string Take() const { return {begin_, static_cast<size_t>(at_ - begin_)}; }

 private:
  void Room(size_t n) {
    if (static_cast<size_t>(end_ - at_) < n) Grow(n);
  }
  void Grow(size_t n) {
    const auto used = static_cast<size_t>(at_ - begin_);
    std::vector<char> larger(2 * (used + n));
    std::memcpy(larger.data(), begin_, used);
    more_ = std::move(larger);
    begin_ = more_.data();
    at_ = begin_ + used;
    end_ = begin_ + more_.size();
  }
  char first_[1024];        // enough for most customers
  std::vector<char> more_;  // instead, where it is not
  char* begin_ = first_;
  char* at_ = first_;
  char* end_ = first_ + sizeof(first_);
};

// After an overrun every read gives 0 and ok() is false.
class Reader {
 public:
  explicit Reader(absl::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}
  bool ok() const { return ok_; }
  bool done() const { return at_ == end_; }
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

}  // namespace dangol::segmentation
