// One connection to one server: commands out, replies in, each step by a deadline.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/base/types.h"
#include "libs/online/address.h"
#include "libs/online/reply.h"
#include "libs/online/settings.h"

struct redisContext;

namespace dangol::online {

class Tls;

// Not thread-safe. Deadlines are of the steady clock. After an error of Send or Receive it is of no
// more use: nobody knows which replies are still to come.
class Connection {
 public:
  // Connects, shakes hands and authenticates. `settings` and `tls` (nullptr: none) outlive it.
  // UNAVAILABLE, DEADLINE_EXCEEDED: not reached. UNAUTHENTICATED, PERMISSION_DENIED: refused.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const Address& address,
                                                          const Settings& settings, const Tls* tls,
                                                          Micros deadline);
  ~Connection();

  // Copies a command into the output buffer; nothing is sent.
  void Queue(absl::Span<const absl::string_view> arguments);
  // Sends what is queued. UNAVAILABLE, DEADLINE_EXCEEDED.
  absl::Status Send(Micros deadline);
  // The reply to the oldest command not yet answered; error replies are replies.
  // UNAVAILABLE: the connection was lost. DEADLINE_EXCEEDED: no reply. RESOURCE_EXHAUSTED: the
  // reply is larger than settings.reply_bytes_max or reply_elements_max. INTERNAL: no RESP.
  absl::StatusOr<Reply> Receive(Micros deadline);

  // Queue, Send and Receive of one command; error replies as a status.
  absl::StatusOr<Reply> Call(absl::Span<const absl::string_view> arguments, Micros deadline);

  const Address& address() const { return address_; }

 private:
  Connection(Address address, const Settings& settings);
  absl::Status ConnectTo(const std::string& numeric_host, Micros deadline);
  absl::Status Authenticate(Micros deadline);
  absl::Status Wait(short events, Micros deadline) const;
  absl::Status Fill();
  absl::Status Broken(absl::string_view doing) const;

  const Address address_;
  const Settings& settings_;
  redisContext* context_ = nullptr;
  size_t unfinished_bytes_ = 0;  // arrived since the last whole reply
};

}  // namespace dangol::online
