// What no broker of cluster_test does; that one answers as it should is tested there.
#include "libs/backbone/kafka/farewell.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "absl/strings/str_cat.h"

namespace dangol::kafka {
namespace {

// Answers the first question with these bytes, and hangs up.
class Broker {
 public:
  explicit Broker(std::string reply) : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size), 0);
    settings_.bootstrap_servers = absl::StrCat("PLAINTEXT://127.0.0.1:", ntohs(at.sin_port));
    thread_ = std::thread([this, reply = std::move(reply)] { Serve(reply); });
  }
  ~Broker() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  const Settings& settings() const { return settings_; }

 private:
  void Serve(const std::string& reply) const {
    const int caller = accept(listener_, nullptr, nullptr);
    if (caller < 0) return;
    char request[256];
    EXPECT_GT(read(caller, request, sizeof request), 0);
    EXPECT_EQ(write(caller, reply.data(), reply.size()), static_cast<ssize_t>(reply.size()));
    close(caller);
  }
  const int listener_;
  Settings settings_;
  std::thread thread_;
};

absl::StatusCode AfterReply(const std::string& reply) {
  const Broker broker(reply);
  return LeaveFor("m", "g", broker.settings()).code();
}

TEST(LeaveForTest, StrangeAnswersAreNoAnswer) {
  const std::string number(4, '\0');
  for (const std::string& reply :
       {std::string(), std::string("\0\0", 2), std::string("\0\0\0\4", 4),
        std::string("\xff\xff\xff\xff", 4), std::string("\0\0\0\6", 4) + number + "\1\2",
        std::string("\0\0\0\x0c", 4) + number + std::string("\0\0\0\0\0\1\x7f\xff", 8)}) {
    EXPECT_EQ(AfterReply(reply), absl::StatusCode::kUnavailable) << reply.size();
  }
}

TEST(LeaveForTest, NobodyListens) {
  Settings settings;
  settings.bootstrap_servers = "127.0.0.1:1, [::1]:1, nowhere.invalid";
  EXPECT_EQ(LeaveFor("m", "g", settings).code(), absl::StatusCode::kUnavailable);
}

TEST(LeaveForTest, NotWhereTheConnectionsAreNotPlain) {
  Settings settings;
  settings.client["security.protocol"] = "SASL_SSL";
  EXPECT_EQ(LeaveFor("m", "g", settings).code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace dangol::kafka
