// What is refused before a cluster is asked; the rest is kafka_test's.
#include "libs/backbone/kafka/topic_admin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dangol::kafka {
namespace {

using ::testing::HasSubstr;

TEST(TopicAdminTest, APlanThatNoLogCouldUseIsRefusedBeforeAnythingIsMade) {
  Settings nobody;
  nobody.bootstrap_servers = "127.0.0.1:1";
  for (uint32_t partitions : {0u, 3u, 8192u}) {
    const absl::Status status = ApplyTopics(nobody, {.partitions = partitions});
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << partitions;
    EXPECT_THAT(std::string(status.message()), HasSubstr("partitions: "));
  }
  const absl::Status status = ApplyTopics(nobody, {.replication = 0});
  EXPECT_THAT(std::string(status.message()), HasSubstr("replication: \"0\""));
}

}  // namespace
}  // namespace dangol::kafka
