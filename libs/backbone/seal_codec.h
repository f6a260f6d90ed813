// The bytes of a seal, the same in every log. Stored: a change of them is a new format.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/backbone/log.h"
#include "libs/base/bytes.h"

namespace dangol {

std::string EncodeSeal(const Seal& seal);
// DATA_LOSS: not what EncodeSeal made.
absl::StatusOr<Seal> DecodeSeal(absl::string_view bytes);

// As a part of something longer.
void WriteSeal(const Seal& seal, ByteWriter* out);
Seal ReadSeal(ByteReader* in);

}  // namespace dangol
