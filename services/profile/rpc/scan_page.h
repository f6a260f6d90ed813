// One page of a listing that runs over all partitions, in order of partition and key.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/stream/gateway.h"

namespace dangol::profile {

struct ScanSpec {
  Table table;
  std::string prefix;
  std::string query;  // what the page token belongs to
  std::string page_token;
  int page_size = 0;  // as in the request
};

// Calls `fn` for each row of the page. Returns the next page's token, empty on the last page.
// INVALID_ARGUMENT: a bad page size or token.
using RowFn = std::function<void(StateView& state, absl::string_view key, absl::string_view value)>;
absl::StatusOr<std::string> ScanPage(Gateway& gateway, const ScanSpec& spec, Micros deadline,
                                     const RowFn& fn);

}  // namespace dangol::profile
