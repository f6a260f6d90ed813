// What a dry run has been told will exist: on a server that does not have it yet, a later document
// that refers to it cannot be checked, and that is no error of the document.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace dangol::cli {

// Thread-compatible.
class Promises {
 public:
  void Add(absl::string_view kind, absl::string_view name);

  // "Segment dormant-2" when `refusal` says no more than that this promised resource is not there
  // yet; "" when the document has an error of its own.
  std::string MissingIn(const absl::Status& refusal) const;

 private:
  std::vector<std::pair<std::string, std::string>> promised_;  // kind, name
};

// True when the server's answer is that a name of another resource is not known to it.
bool NamesUnknown(const absl::Status& refusal);

}  // namespace dangol::cli
