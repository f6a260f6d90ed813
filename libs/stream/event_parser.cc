#include "libs/stream/event_parser.h"

#include <algorithm>

namespace dangol {
namespace {

// False at the end or at bytes that are none.
bool TakeVarint(absl::string_view* in, uint64_t* value) {
  // Nearly all are of one byte.
  if (!in->empty() && static_cast<uint8_t>(in->front()) < 0x80) {
    *value = static_cast<uint8_t>(in->front());
    in->remove_prefix(1);
    return true;
  }
  *value = 0;
  for (int shift = 0; shift < 64 && !in->empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(in->front());
    in->remove_prefix(1);
    *value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

}  // namespace

bool FieldReader::Next() {
  if (rest_.empty() || !ok_) return false;
  ok_ = false;
  uint64_t tag = 0;
  if (!TakeVarint(&rest_, &tag)) return false;
  number_ = tag >> 3;
  uint64_t size = 0;
  switch (tag & 7) {
    case 0:
      wire_ = Wire::kVarint;
      return ok_ = TakeVarint(&rest_, &varint_);
    case 1:
      wire_ = Wire::kFixed64;
      size = 8;
      break;
    case 2:
      wire_ = Wire::kBytes;
      if (!TakeVarint(&rest_, &size)) return false;
      break;
    case 5:
      wire_ = Wire::kFixed32;
      size = 4;
      break;
    default:
      return false;
  }
  if (size > rest_.size()) return false;
  bytes_ = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return ok_ = true;
}

bool MayHoldField(absl::string_view message, std::initializer_list<uint32_t> numbers) {
  FieldReader reader(message);
  while (reader.Next()) {
    if (std::find(numbers.begin(), numbers.end(), reader.number()) != numbers.end()) return true;
  }
  return !reader.ok();
}

}  // namespace dangol
