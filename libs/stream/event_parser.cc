#include "libs/stream/event_parser.h"

namespace dangol {
namespace {

// False at the end or at bytes that are none.
bool TakeVarint(absl::string_view* in, uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64 && !in->empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(in->front());
    in->remove_prefix(1);
    *value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool Skip(uint64_t wire_type, absl::string_view* in) {
  uint64_t size = 0;
  switch (wire_type) {
    case 0:
      return TakeVarint(in, &size);
    case 1:
      size = 8;
      break;
    case 2:
      if (!TakeVarint(in, &size)) return false;
      break;
    case 5:
      size = 4;
      break;
    default:
      return false;
  }
  if (size > in->size()) return false;
  in->remove_prefix(size);
  return true;
}

}  // namespace

bool MayHoldField(absl::string_view message, uint32_t number) {
  while (!message.empty()) {
    uint64_t tag = 0;
    if (!TakeVarint(&message, &tag) || tag >> 3 == number) return true;
    if (!Skip(tag & 7, &message)) return true;
  }
  return false;
}

}  // namespace dangol
