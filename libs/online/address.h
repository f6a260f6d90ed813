// Where a node listens.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/base/types.h"

namespace dangol::online {

struct Address {
  std::string host;
  int port = 0;
  friend bool operator==(const Address&, const Address&) = default;
  friend auto operator<=>(const Address&, const Address&) = default;
};

// "host:port" or "[v6]:port". INVALID_ARGUMENT, about `field`.
absl::StatusOr<Address> ParseAddress(absl::string_view field, absl::string_view text);
std::string ToString(const Address& address);

// The numeric addresses of `host`, by the system's resolver, which knows no timeout: so it runs in
// a thread of its own that may outlive the call, and the process must not wait for it. A numeric
// host costs no thread. UNAVAILABLE: unknown. DEADLINE_EXCEEDED: no answer by `deadline` (steady).
absl::StatusOr<std::vector<std::string>> Resolve(const std::string& host, Micros deadline);

}  // namespace dangol::online
