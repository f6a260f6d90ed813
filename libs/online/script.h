// A Lua script that the server runs, all or nothing, on one key.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace dangol::online {

// Immutable; lives as long as the process. The server is asked for it by its hash, and given its
// text when it does not have it (a new node, a restart, SCRIPT FLUSH).
class Script {
 public:
  explicit Script(absl::string_view text);
  const std::string& text() const { return text_; }
  const std::string& sha1() const { return sha1_; }

 private:
  const std::string text_;
  const std::string sha1_;
};

}  // namespace dangol::online
