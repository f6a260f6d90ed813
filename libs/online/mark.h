// A scope's mark: how far its changes are in the store. It stands on every master of a cluster,
// each naming that server, so that a flushed, emptied or replaced master is noticed by what its own
// mark says, whatever the others have.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/base/types.h"
#include "libs/online/client.h"

namespace dangol::online {

// The masters as they are now: a tag for each one's keys, and its replication id, which a Redis
// takes anew when it starts empty, or becomes the master in another's place.
struct Masters {
  std::vector<std::string> tags;
  std::vector<std::string> replids;
  friend bool operator==(const Masters&, const Masters&) = default;
};
// UNAVAILABLE: one of them is not reached. PERMISSION_DENIED: INFO is not allowed.
absl::StatusOr<Masters> ReadMasters(Client& client, Micros timeout_us);

struct Mark {
  std::string log;    // the changelog's id
  std::string token;  // of the rewrite of everything that it rests on
  uint64_t offset = 0;
  // False: that rewrite has not come to its end.
  bool complete = false;
};

// Thread-safe as its client is.
class Marks {
 public:
  Marks(Client* client, absl::string_view prefix, Micros timeout_us)
      : client_(client), prefix_(prefix), timeout_us_(timeout_us) {}

  // nullopt: it is missing somewhere, the masters' differ in more than the offset (of which the
  // least counts), or a master is not the one it was written to: rewrite everything.
  absl::StatusOr<std::optional<Mark>> Read(Scope scope, const Masters& masters);
  // Replaces the scope's mark, whoever's, by one that is not complete.
  absl::Status Begin(Scope scope, const Masters& masters, absl::string_view log,
                     absl::string_view token);
  // Every change up to `mark.offset` is in the store. False: a master has another mark, or none:
  // what was written there may be lost. Never goes back. Idempotent.
  absl::StatusOr<bool> Advance(Scope scope, const Masters& masters, const Mark& mark);

 private:
  std::vector<std::string> Keys(Scope scope, const Masters& masters) const;
  absl::StatusOr<std::vector<Reply>> Call(const std::vector<Command>& commands);

  Client* const client_;
  const std::string prefix_;
  const Micros timeout_us_;
};

}  // namespace dangol::online
