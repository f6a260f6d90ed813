// TLS towards the server, where this build's hiredis has it (1.0 or later, with hiredis_ssl).
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/types.h"
#include "libs/online/settings.h"

struct redisContext;

namespace dangol::online {

// FAILED_PRECONDITION naming online.tls and the fix: this build has no TLS.
absl::Status TlsSupport();

// Certificates, read once. Thread-safe.
class Tls {
 public:
  // INVALID_ARGUMENT: a file cannot be read or holds no certificate.
  static absl::StatusOr<std::unique_ptr<Tls>> Load(const Settings& settings);
  ~Tls();

  // Shakes hands over a connected, non-blocking context by `deadline` (steady); from then on
  // hiredis speaks TLS on it. UNAUTHENTICATED: the server's certificate is not trusted or not for
  // `host` (or online.server_name). UNAVAILABLE, DEADLINE_EXCEEDED: it does not shake hands.
  absl::Status Start(redisContext* context, const std::string& host, Micros deadline) const;

 private:
  struct Rep;
  explicit Tls(std::unique_ptr<Rep> rep);
  const std::unique_ptr<Rep> rep_;
};

}  // namespace dangol::online
