// For a hiredis without TLS.
#include "libs/base/status.h"
#include "libs/online/tls.h"

namespace dangol::online {

struct Tls::Rep {};
Tls::Tls(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
Tls::~Tls() = default;

absl::Status TlsSupport() {
  return Precondition("NO_TLS",
                      "online.tls: true is not supported by this build: its hiredis is older than "
                      "1.0; build on Debian 13 (libhiredis-dev 1.2), put a TLS proxy such as "
                      "stunnel beside the process, or set online.tls: false");
}

absl::StatusOr<std::unique_ptr<Tls>> Tls::Load(const Settings&) { return TlsSupport(); }

absl::Status Tls::Start(redisContext*, const std::string&, Micros) const { return TlsSupport(); }

}  // namespace dangol::online
