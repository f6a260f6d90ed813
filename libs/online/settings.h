// How to reach the online store, as whom, and every bound of talking to it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "libs/base/types.h"

namespace dangol::online {

// Fixed once the process runs. Names in errors are those of the configuration: "online.<field>".
struct Settings {
  // host:port or [v6]:port. One for a single server; of a Redis Cluster any few, the others are
  // learnt from them.
  std::vector<std::string> nodes;
  bool cluster = false;
  // Every key begins with this and a colon: several deployments may share a server.
  std::string prefix = "dangol";

  // No password: no AUTH. No user: the server's default user.
  std::string user;
  std::string password;

  // TLS needs a hiredis that was built with it (Debian 13); elsewhere Validate refuses it.
  bool tls = false;
  std::string ca_file;    // PEM; empty: the system's authorities
  std::string cert_file;  // PEM, of this client; with key_file, where the server asks for it
  std::string key_file;
  std::string server_name;  // in the server's certificate; empty: the host that is connected to

  // Longest time to look a name up, connect, shake hands and authenticate. Default 500 ms.
  Micros connect_timeout_us = 500 * kMicrosPerMilli;
  // Longest silence of a server within one call of the writer. Default 2 s. (A reader's caller
  // gives its own.)
  Micros call_timeout_us = 2 * kMicrosPerSecond;
  // A node that does not answer is left alone for so long, doubling with jitter. 50 ms to 5 s.
  Micros backoff_min_us = 50 * kMicrosPerMilli;
  Micros backoff_max_us = 5 * kMicrosPerSecond;

  // A reply beyond either is refused and its connection closed. Defaults 4 MiB, 16,384 elements.
  size_t reply_bytes_max = 4 << 20;
  size_t reply_elements_max = 16'384;
  // Commands sent before their replies are read, and their bytes (one command may exceed them).
  size_t pipeline_commands_max = 512;
  size_t pipeline_bytes_max = 1 << 20;
  // How often one command is sent on: MOVED, ASK, a lost connection, a script not loaded.
  int attempts_max = 6;
};

// INVALID_ARGUMENT naming the field, its value and the fix. FAILED_PRECONDITION: TLS is asked for
// and this build has none.
absl::Status Validate(const Settings& settings);

}  // namespace dangol::online
