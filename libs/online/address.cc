#include "libs/online/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/base/clock.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"

namespace dangol::online {
namespace {

// What the looking thread and its caller share; whoever is last frees it.
struct Lookup {
  Mutex mu;
  CondVar done_changed;
  bool done = false;               // guarded by mu
  int error = 0;                   // guarded by mu; of getaddrinfo
  std::vector<std::string> found;  // guarded by mu
};

std::vector<std::string> Numeric(const addrinfo* list) {
  std::vector<std::string> found;
  for (; list != nullptr; list = list->ai_next) {
    char text[NI_MAXHOST];
    if (getnameinfo(list->ai_addr, list->ai_addrlen, text, sizeof text, nullptr, 0,
                    NI_NUMERICHOST) == 0)
      found.push_back(text);
  }
  return found;
}

void Look(const std::string& host, const std::shared_ptr<Lookup>& lookup) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  MutexLock lock(lookup->mu);
  lookup->error = error;
  if (error == 0) {
    lookup->found = Numeric(list);
    freeaddrinfo(list);
  }
  lookup->done = true;
  lookup->done_changed.notify_all();
}

bool IsNumeric(const std::string& host) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(AF_INET, host.c_str(), bytes) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

}  // namespace

absl::StatusOr<Address> ParseAddress(absl::string_view field, absl::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos)
    return BadField(field, text, "has no port", "write host:port, such as redis:6379");
  absl::string_view host = text.substr(0, colon);
  const bool bracketed = absl::ConsumePrefix(&host, "[") && absl::ConsumeSuffix(&host, "]");
  if (host.empty() || (!bracketed && host.find_first_of(":[]/ ") != absl::string_view::npos))
    return BadField(field, text, "names no host", "write host:port, or [v6 address]:port");
  int port = 0;
  if (!absl::SimpleAtoi(text.substr(colon + 1), &port) || port < 1 || port > 65535)
    return BadField(field, text, "has no port between 1 and 65535", "write host:port");
  return Address{std::string(host), port};
}

std::string ToString(const Address& address) {
  if (address.host.find(':') != std::string::npos)
    return absl::StrCat("[", address.host, "]:", address.port);
  return absl::StrCat(address.host, ":", address.port);
}

absl::StatusOr<std::vector<std::string>> Resolve(const std::string& host, Micros deadline) {
  if (IsNumeric(host)) return std::vector<std::string>{host};
  auto lookup = std::make_shared<Lookup>();
  std::thread([host, lookup] { Look(host, lookup); }).detach();
  MutexLock lock(lookup->mu);
  const auto wait = std::chrono::microseconds(std::max<Micros>(0, deadline - SteadyMicros()));
  if (!lookup->done_changed.wait_for(lock, wait, [&] { return lookup->done; }))
    return absl::DeadlineExceededError(absl::StrCat("looking up the name ", host, " takes long"));
  if (lookup->error != 0 || lookup->found.empty())
    return absl::UnavailableError(
        absl::StrCat("cannot look up the name ", Quote(host), ": ", gai_strerror(lookup->error)));
  return lookup->found;
}

}  // namespace dangol::online
