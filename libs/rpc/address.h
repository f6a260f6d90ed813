// Host and port texts.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace dangol::rpc {

// localhost, 127.0.0.0/8 or ::1. No name is looked up.
bool IsLoopback(absl::string_view host);
// "host:port", with brackets around an IPv6 address.
std::string JoinHostPort(absl::string_view host, int port);
// The host of "host:port", "[v6]:port", "dns:///host:port".
std::string HostOf(absl::string_view target);

}  // namespace dangol::rpc
