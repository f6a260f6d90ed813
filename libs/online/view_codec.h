// How views and identifiers are written to and read from Redis hashes. docs/online-store.md is the
// contract with other teams.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "libs/online/client.h"
#include "libs/online/reply.h"
#include "libs/online/view.h"

namespace dangol::online {

// What a key is to hold. A value beyond the writer's bound is written as omitted: the old one must
// not be served for it.
struct Entry {
  enum class Kind : uint8_t { kValue, kDeleted, kOmitted };
  std::string key;
  Kind kind = Kind::kValue;
  bool identifier = false;
  std::string value;  // a view's JSON, or an identifier's customer
  uint64_t offset = 0;

  size_t bytes() const { return key.size() + value.size() + 128; }
};

Entry EntryOf(absl::string_view prefix, const Change& change, uint64_t offset,
              size_t value_bytes_max);

// Writes the entry unless the key holds the same or a later offset of the same changelog.
// Idempotent. The reply is 1: written, 0: what is there is as new. `offset` is the entry's as text,
// `expiry_s` how long a tombstone stays; all outlive the command.
Command WriteCommand(const Entry& entry, absl::string_view log, absl::string_view offset,
                     absl::string_view expiry_s);

// Reads all that a key holds; the reply goes to Decode.
Command ReadCommand(absl::string_view key);
Found Decode(const Reply& reply);

}  // namespace dangol::online
