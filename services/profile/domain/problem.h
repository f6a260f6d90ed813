// What is wrong with one item of a batch, in parts that a reject file can show in columns.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace dangol::profile {

struct Problem {
  std::string field;  // path inside the item
  std::string value;  // as given
  std::string problem;
  std::string fix;
};
using MaybeProblem = std::optional<Problem>;

inline absl::Status ToStatus(const Problem& p) {
  return BadField(p.field, p.value, p.problem, p.fix);
}

// The same problem of a field that stands under `prefix`.
inline Problem Under(absl::string_view prefix, Problem p) {
  p.field = p.field.empty() ? std::string(prefix) : absl::StrCat(prefix, ".", p.field);
  return p;
}

}  // namespace dangol::profile
