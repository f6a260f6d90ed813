// A server that misbehaves: it answers whatever comes with bytes given beforehand.
#pragma once

#include <atomic>
#include <string>
#include <thread>

namespace dangol {

class CannedServer {
 public:
  // Sends `answer` after each read of a connection, `times` times; empty: never a byte. Then it
  // hears on, or hangs up.
  explicit CannedServer(std::string answer, int times = 1, bool hangs_up = false);
  ~CannedServer();

  // 127.0.0.1:port
  std::string address() const;

 private:
  void Serve();
  void Talk(int fd);

  const std::string answer_;
  const int times_;
  const bool hangs_up_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace dangol
