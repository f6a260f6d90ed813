#include "libs/online/connection.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "libs/online/bounded_reader.h"
#include "libs/online/tls.h"

namespace dangol::online {

Connection::Connection(Address address, const Settings& settings)
    : address_(std::move(address)), settings_(settings) {}

Connection::~Connection() {
  if (context_ != nullptr) redisFree(context_);
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const Address& address,
                                                             const Settings& settings,
                                                             const Tls* tls, Micros deadline) {
  DANGOL_ASSIGN_OR_RETURN(const auto hosts, Resolve(address.host, deadline));
  std::unique_ptr<Connection> connection(new Connection(address, settings));
  absl::Status status;
  for (size_t i = 0; i < hosts.size(); ++i) {
    // Each address gets its share of the time that is left.
    const Micros now = SteadyMicros();
    const auto share = (deadline - now) / static_cast<Micros>(hosts.size() - i);
    status = connection->ConnectTo(hosts[i], now + share);
    if (status.ok()) break;
  }
  DANGOL_RETURN_IF_ERROR(status);
  BoundReader(connection->context_->reader, &settings.reply_elements_max);
  if (tls != nullptr)
    DANGOL_RETURN_IF_ERROR(tls->Start(connection->context_, address.host, deadline));
  DANGOL_RETURN_IF_ERROR(connection->Authenticate(deadline));
  return connection;
}

absl::Status Connection::ConnectTo(const std::string& numeric_host, Micros deadline) {
  if (context_ != nullptr) redisFree(context_);
  context_ = redisConnectNonBlock(numeric_host.c_str(), address_.port);
  if (context_ == nullptr) return absl::ResourceExhaustedError("no memory for a connection");
  if (context_->err != 0) return Broken("connecting");
  DANGOL_RETURN_IF_ERROR(Wait(POLLOUT, deadline));
  int error = 0;
  socklen_t size = sizeof error;
  const int fd = static_cast<int>(context_->fd);
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0)
    return absl::UnavailableError(
        absl::StrCat("connecting to ", ToString(address_), ": ", strerror(error)));
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  return absl::OkStatus();
}

absl::Status Connection::Authenticate(Micros deadline) {
  if (settings_.password.empty()) return absl::OkStatus();
  std::vector<absl::string_view> auth = {"AUTH"};
  if (!settings_.user.empty()) auth.push_back(settings_.user);
  auth.push_back(settings_.password);
  return Call(auth, deadline).status();
}

void Connection::Queue(absl::Span<const absl::string_view> arguments) {
  std::vector<const char*> texts;
  std::vector<size_t> sizes;
  texts.reserve(arguments.size());
  sizes.reserve(arguments.size());
  for (const absl::string_view argument : arguments) {
    texts.push_back(argument.empty() ? "" : argument.data());
    sizes.push_back(argument.size());
  }
  redisAppendCommandArgv(context_, static_cast<int>(texts.size()), texts.data(), sizes.data());
}

absl::Status Connection::Send(Micros deadline) {
  for (;;) {
    int done = 0;
    if (redisBufferWrite(context_, &done) != REDIS_OK) return Broken("sending");
    if (done) return absl::OkStatus();
    DANGOL_RETURN_IF_ERROR(Wait(POLLOUT, deadline));
  }
}

absl::StatusOr<Reply> Connection::Receive(Micros deadline) {
  for (;;) {
    void* raw = nullptr;
    if (redisGetReplyFromReader(context_, &raw) != REDIS_OK) return Broken("reading");
    if (raw != nullptr) {
      unfinished_bytes_ = context_->reader->len - context_->reader->pos;
      return TakeReply(static_cast<redisReply*>(raw));
    }
    DANGOL_RETURN_IF_ERROR(Wait(POLLIN, deadline));
    DANGOL_RETURN_IF_ERROR(Fill());
  }
}

absl::Status Connection::Fill() {
  const size_t before = context_->reader->len;
  if (redisBufferRead(context_) != REDIS_OK) return Broken("reading");
  unfinished_bytes_ += context_->reader->len - before;
  // What was read beyond the reply in work is at most one more buffer.
  if (unfinished_bytes_ <= settings_.reply_bytes_max + REDIS_READER_MAX_BUF)
    return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat("a reply of ", ToString(address_),
                                                   " is larger than online.reply_bytes_max (",
                                                   settings_.reply_bytes_max, ")"));
}

absl::StatusOr<Reply> Connection::Call(absl::Span<const absl::string_view> arguments,
                                       Micros deadline) {
  Queue(arguments);
  DANGOL_RETURN_IF_ERROR(Send(deadline));
  DANGOL_ASSIGN_OR_RETURN(Reply reply, Receive(deadline));
  DANGOL_RETURN_IF_ERROR(ToStatus(reply));
  return reply;
}

absl::Status Connection::Wait(short events, Micros deadline) const {
  for (;;) {
    const Micros left = deadline - SteadyMicros();
    if (left <= 0)
      return absl::DeadlineExceededError(
          absl::StrCat("no answer of ", ToString(address_), " in time"));
    pollfd wait{static_cast<int>(context_->fd), events, 0};
    const int ready = poll(&wait, 1, static_cast<int>(left / kMicrosPerMilli) + 1);
    if (ready > 0) return absl::OkStatus();
    if (ready < 0 && errno != EINTR)
      return absl::UnavailableError(
          absl::StrCat("waiting for ", ToString(address_), ": ", strerror(errno)));
  }
}

absl::Status Connection::Broken(absl::string_view doing) const {
  const std::string message =
      absl::StrCat(doing, ", ", ToString(address_), ": ",
                   context_->err == REDIS_ERR_IO ? strerror(errno) : context_->errstr);
  if (context_->err == REDIS_ERR_OOM)
    return absl::ResourceExhaustedError(
        absl::StrCat(message, "; a reply has more than online.reply_elements_max (",
                     settings_.reply_elements_max, ") elements, or memory is short"));
  if (context_->err == REDIS_ERR_PROTOCOL)
    return absl::InternalError(absl::StrCat(message, "; is it a Redis server, without TLS?"));
  return absl::UnavailableError(message);
}

}  // namespace dangol::online
