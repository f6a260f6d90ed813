// What no broker of cluster_test does; that one answers as it should is tested there.
#include "libs/backbone/kafka/farewell.h"

#include <gtest/gtest.h>

#include <string>

#include "libs/base/testing/canned_server.h"

namespace dangol::kafka {
namespace {

absl::StatusCode AfterReply(const std::string& reply) {
  const CannedServer broker(reply, /*times=*/1, /*hangs_up=*/true);
  Settings settings;
  settings.bootstrap_servers = "PLAINTEXT://" + broker.address();
  return LeaveFor("m", "g", settings).code();
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
  settings.bootstrap_servers = "127.0.0.1:1, [::1]:1";
  EXPECT_EQ(LeaveFor("m", "g", settings).code(), absl::StatusCode::kUnavailable);
}

TEST(LeaveForTest, NotWhereTheConnectionsAreNotPlain) {
  Settings settings;
  settings.client["security.protocol"] = "SASL_SSL";
  EXPECT_EQ(LeaveFor("m", "g", settings).code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace dangol::kafka
