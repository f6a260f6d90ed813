// Errors that point into the text of an expression.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace dangol::expr {

// Bytes [begin, end) of the text.
struct Range {
  size_t begin = 0;
  size_t end = 0;
};

// INVALID_ARGUMENT, reason BAD_EXPRESSION, metadata line and column (from 1, in characters):
//   segment:1:1: unknown function "cuont"; did you mean "count"?
//       cuont(purchase) > 3
//       ^~~~~
// Long lines are shortened around the place.
absl::Status ErrorAt(absl::string_view text, Range range, absl::string_view message);

// How many leading bytes of `text` are well-formed UTF-8; all of them when it equals the size.
size_t Utf8Prefix(absl::string_view text);

// `unknown <what> "<name>"`, and the nearest candidate or, if there are few, all of them.
std::string Unknown(absl::string_view what, absl::string_view name,
                    const std::vector<std::string>& candidates);

}  // namespace dangol::expr
