// Real redis-server processes for tests, each on a free port with a directory of its own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "libs/online/client.h"
#include "libs/online/settings.h"

namespace dangol::online::testing {

// False: Debian's redis-server is not installed, and the caller says so and skips.
bool HaveRedis();

// How long a test waits for a condition before it fails.
inline constexpr Micros kPatience = 60 * kMicrosPerSecond;
// Asks `condition` until it holds, at most kPatience.
bool Eventually(const std::function<bool()>& condition);

// A port that was free a moment ago; of two calls, two ports.
int FreePort();

class RedisServer {
 public:
  // Further lines of configuration, such as {"--requirepass", "secret"}. Ready when made.
  explicit RedisServer(std::vector<std::string> arguments = {});
  ~RedisServer();  // kills it and removes its directory
  RedisServer(const RedisServer&) = delete;

  // kill -9. / Again on the same port and directory; ready when it returns.
  void Kill();
  void Start();
  // Stops it without ending it, and goes on.
  void Freeze();
  void Thaw();

  // One command; ends the process if it fails: for set-up.
  Reply Do(const std::vector<std::string>& arguments);
  // The same, for what may fail.
  absl::StatusOr<Reply> Try(const std::vector<std::string>& arguments);

  int port() const { return port_; }
  std::string address() const;
  const std::string& directory() const { return directory_; }
  Settings settings() const;

 private:
  bool Ready();

  const std::vector<std::string> arguments_;
  const std::string directory_;
  int port_ = 0;
  int pid_ = -1;
};

}  // namespace dangol::online::testing
