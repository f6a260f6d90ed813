#include "libs/base/testing/canned_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "absl/strings/str_cat.h"

namespace dangol {
namespace {

constexpr int kPollMillis = 10;

bool Readable(int fd) {
  pollfd wait{fd, POLLIN, 0};
  return poll(&wait, 1, kPollMillis) > 0;
}

}  // namespace

CannedServer::CannedServer(std::string answer, int times, bool hangs_up)
    : answer_(std::move(answer)), times_(times), hangs_up_(hangs_up) {
  listener_ = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_, 16) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    abort();
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Serve(); });
}

CannedServer::~CannedServer() {
  stopping_ = true;
  thread_.join();
  close(listener_);
}

std::string CannedServer::address() const { return absl::StrCat("127.0.0.1:", port_); }

void CannedServer::Serve() {
  std::vector<std::thread> talks;
  while (!stopping_)
    if (Readable(listener_))
      talks.emplace_back([this, fd = accept(listener_, nullptr, nullptr)] { Talk(fd); });
  for (std::thread& talk : talks) talk.join();
}

void CannedServer::Talk(int fd) {
  std::vector<char> heard(1 << 16);
  while (!stopping_) {
    if (!Readable(fd)) continue;
    if (read(fd, heard.data(), heard.size()) <= 0) break;
    for (int i = 0; i < times_; ++i)
      if (send(fd, answer_.data(), answer_.size(), MSG_NOSIGNAL) < 0) break;
    if (hangs_up_) break;
  }
  close(fd);
}

}  // namespace dangol
