// What a server answered.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace dangol::online {

struct Reply {
  enum class Type { kNil, kText, kInteger, kArray, kError };
  Type type = Type::kNil;
  int64_t integer = 0;
  std::string text;  // of kText and kError
  std::vector<Reply> elements;

  bool is_text() const { return type == Type::kText; }
  bool is_error() const { return type == Type::kError; }
};

// An error reply as a status that says what to do about it; OK for any other reply.
//   UNAUTHENTICATED, PERMISSION_DENIED  a setting (user, password) or the server's ACL is wrong
//   RESOURCE_EXHAUSTED                  the server is at its maxmemory and evicts nothing
//   UNAVAILABLE                         it will pass: loading, failing over, busy, disk full there
//   FAILED_PRECONDITION                 reason NOSCRIPT, READ_ONLY, MOVED, ASK, NO_CLUSTER
//   INVALID_ARGUMENT                    this command never succeeds on this key
absl::Status ToStatus(const Reply& reply);

}  // namespace dangol::online
