// Writes what libs/base/bytes.h reads: segmentation's records, without a string that grows.
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

}  // namespace dangol::segmentation
