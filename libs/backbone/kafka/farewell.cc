#include "libs/backbone/kafka/farewell.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/base/status.h"

namespace dangol::kafka {
namespace {

// https://kafka.apache.org/protocol: numbers are big-endian, a text comes after its length.
constexpr int16_t kFindCoordinator = 10, kLeaveGroup = 13, kVersion = 0;
constexpr int16_t kNoError = 0, kUnknownMember = 25;
constexpr size_t kMostReplyBytes = 1 << 16;
constexpr timeval kPatience{2, 0};  // for each step
constexpr char kDefaultPort[] = "9092";

std::string Int16(int16_t value) {
  const uint16_t wire = htons(static_cast<uint16_t>(value));
  return {reinterpret_cast<const char*>(&wire), sizeof wire};
}
std::string Int32(size_t value) {
  const uint32_t wire = htonl(static_cast<uint32_t>(value));
  return {reinterpret_cast<const char*>(&wire), sizeof wire};
}
std::string Text(const std::string& text) {
  return absl::StrCat(Int16(static_cast<int16_t>(text.size())), text);
}

// Of a reply. What is cut off reads as 0 and "".
class Reader {
 public:
  explicit Reader(absl::string_view bytes) : left_(bytes) {}
  uint16_t Uint16() {
    uint16_t wire = 0;
    Take(&wire, sizeof wire);
    return ntohs(wire);
  }
  uint32_t Uint32() {
    uint32_t wire = 0;
    Take(&wire, sizeof wire);
    return ntohl(wire);
  }
  std::string Text() {
    const size_t size = Uint16();
    const absl::string_view text = left_.substr(0, size);
    left_.remove_prefix(text.size());
    return std::string(text);
  }

 private:
  void Take(void* to, size_t size) {
    if (left_.size() < size) return;
    std::memcpy(to, left_.data(), size);
    left_.remove_prefix(size);
  }
  absl::string_view left_;
};

class Connection {
 public:
  Connection(const std::string& host, const std::string& port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return;
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> freed(found, freeaddrinfo);
    for (; found != nullptr && socket_ < 0; found = found->ai_next) TryOne(*found);
  }
  ~Connection() {
    if (socket_ >= 0) close(socket_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The reply's body; "": none came.
  std::string Ask(int16_t what, const std::string& client, const std::string& body) const {
    const std::string request =
        absl::StrCat(Int16(what), Int16(kVersion), Int32(0), Text(client), body);
    const std::string framed = Int32(request.size()) + request;
    if (send(socket_, framed.data(), framed.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(framed.size())) {
      return "";
    }
    const size_t size = Reader(Read(sizeof(uint32_t))).Uint32();
    if (size < sizeof(uint32_t) || size > kMostReplyBytes) return "";
    const std::string reply = Read(size);
    return reply.empty() ? "" : reply.substr(sizeof(uint32_t));  // after the number asked with
  }

 private:
  void TryOne(const addrinfo& address) {
    socket_ = socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC, address.ai_protocol);
    if (socket_ < 0) return;
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
    if (connect(socket_, address.ai_addr, address.ai_addrlen) == 0) return;
    close(socket_);
    socket_ = -1;
  }
  std::string Read(size_t size) const {
    std::string bytes(size, '\0');
    const ssize_t n = recv(socket_, bytes.data(), size, MSG_WAITALL);
    return n == static_cast<ssize_t>(size) ? bytes : "";
  }
  int socket_ = -1;
};

using HostPort = std::pair<std::string, std::string>;

// "host", "host:port", "[v6]:port", "PLAINTEXT://host:port".
HostPort Split(absl::string_view broker) {
  broker = absl::StripAsciiWhitespace(broker);
  if (const size_t scheme = broker.find("://"); scheme != broker.npos) {
    broker.remove_prefix(scheme + 3);
  }
  const size_t colon = broker.rfind(':');
  const bool has_port = colon != broker.npos && !absl::EndsWith(broker, "]");
  absl::string_view host = has_port ? broker.substr(0, colon) : broker;
  if (absl::StartsWith(host, "[")) host = host.substr(1, host.size() - 2);
  return {std::string(host), has_port ? std::string(broker.substr(colon + 1)) : kDefaultPort};
}

// Of the broker that looks after the group; the host is "" where this broker does not tell.
HostPort CoordinatorOf(const std::string& group, const HostPort& broker, const Settings& settings) {
  const Connection connection(broker.first, broker.second);
  const std::string reply = connection.Ask(kFindCoordinator, settings.instance, Text(group));
  Reader reader(reply);
  if (reply.empty() || reader.Uint16() != kNoError) return {};
  reader.Uint32();  // its number
  const std::string host = reader.Text();
  return {host, absl::StrCat(reader.Uint32())};
}

bool IsPlain(const Settings& settings) {
  const auto protocol = settings.client.find("security.protocol");
  return protocol == settings.client.end() || absl::EqualsIgnoreCase(protocol->second, "plaintext");
}

}  // namespace

absl::Status LeaveFor(const std::string& member, const std::string& group,
                      const Settings& settings) {
  if (!IsPlain(settings)) {
    return Precondition("NOT_PLAIN", "a group is left for another over plain connections only");
  }
  for (absl::string_view broker : absl::StrSplit(settings.bootstrap_servers, ',')) {
    const HostPort coordinator = CoordinatorOf(group, Split(broker), settings);
    if (coordinator.first.empty()) continue;
    const Connection connection(coordinator.first, coordinator.second);
    const std::string reply =
        connection.Ask(kLeaveGroup, settings.instance, absl::StrCat(Text(group), Text(member)));
    const uint16_t error = Reader(reply).Uint16();
    if (!reply.empty() && (error == kNoError || error == kUnknownMember)) return absl::OkStatus();
  }
  return absl::UnavailableError(absl::StrCat("group ", group, " could not be left for ", member));
}

}  // namespace dangol::kafka
