// HTTP POST of one JSON document per contact, with the contact id as Idempotency-Key.
//
// What an answer means: 2xx accepted. Definite failures: 429, 503, any other 3xx or 4xx, and
// whatever ends before the first byte of the request was written. Ambiguous: everything else after
// it, such as a timeout, a reset, or 500. Redirects are not followed.
#pragma once

#include <memory>

#include "services/campaign/channels/outgoing.h"

namespace dangol::campaign {

inline constexpr Micros kWebhookTimeout = 10 * kMicrosPerSecond;
inline constexpr int kWebhookInFlight = 16;

// Thread-safe. One thread of its own; calls `done` from it.
class Webhook {
 public:
  Webhook();
  // Begins nothing more: what waits is done as FAILED "not started", what is in flight as UNKNOWN.
  ~Webhook();

  // Returns at once. At most max_in_flight requests of a channel run together, the others wait in
  // order; one that was not begun by its not_after is done as FAILED "not started".
  void Send(Outgoing item);

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace dangol::campaign
