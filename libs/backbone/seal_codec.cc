#include "libs/backbone/seal_codec.h"

namespace dangol {

void WriteSeal(const Seal& seal, ByteWriter* out) {
  out->Varint(seal.cycle);
  out->Signed(seal.now);
  out->Varint(seal.next_offsets.size());
  for (const auto& [topic, offset] : seal.next_offsets) {
    out->Varint(static_cast<uint64_t>(topic));
    out->Varint(offset);
  }
}

Seal ReadSeal(ByteReader* in) {
  Seal seal;
  seal.cycle = in->Varint();
  seal.now = in->Signed();
  for (uint64_t n = in->Count(); n > 0 && in->ok(); --n) {
    const auto topic = static_cast<Topic>(in->Varint());
    seal.next_offsets[topic] = in->Varint();
  }
  return seal;
}

std::string EncodeSeal(const Seal& seal) {
  ByteWriter out;
  WriteSeal(seal, &out);
  return out.Take();
}

absl::StatusOr<Seal> DecodeSeal(absl::string_view bytes) {
  ByteReader in(bytes);
  Seal seal = ReadSeal(&in);
  if (!in.done()) return absl::DataLossError("stored bytes are damaged: seal");
  return seal;
}

}  // namespace dangol
