// A server that misbehaves: it answers whatever comes with bytes given beforehand.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "libs/online/settings.h"

namespace dangol::online::testing {

class CannedServer {
 public:
  // Sends `answer` after each read of a connection, `times` times; empty: never a byte.
  explicit CannedServer(std::string answer, int times = 1);
  ~CannedServer();

  int port() const { return port_; }
  Settings settings() const;

 private:
  void Serve();
  void Talk(int fd);

  const std::string answer_;
  const int times_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace dangol::online::testing
