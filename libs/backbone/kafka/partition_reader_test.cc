#include "libs/backbone/kafka/partition_reader.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka_mock.h>

#include <memory>
#include <utility>

namespace dangol::kafka {
namespace {

constexpr char kTopic[] = "dangol.state.profile.v1";

// Two pretended brokers inside librdkafka, and one topic of one partition with a copy on each.
class PretendedCluster {
 public:
  PretendedCluster() {
    char text[512];
    owner_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), text, sizeof text));
    cluster_ = rd_kafka_mock_cluster_new(owner_.get(), 2);
    rd_kafka_mock_topic_create(cluster_, kTopic, 1, 2);
    Lead(1);
  }
  ~PretendedCluster() { rd_kafka_mock_cluster_destroy(cluster_); }

  void Lead(int broker) { rd_kafka_mock_partition_set_leader(cluster_, kTopic, 0, broker); }
  void Down(int broker) { rd_kafka_mock_broker_set_down(cluster_, broker); }
  Settings settings() const {
    Settings settings;
    settings.bootstrap_servers = rd_kafka_mock_cluster_bootstraps(cluster_);
    return settings;
  }

 private:
  Client owner_;
  rd_kafka_mock_cluster_t* cluster_;
};

// librdkafka goes on asking who led the partition before, for up to five minutes.
TEST(RangeOf, BugItAskedTheLeaderOfBeforeForMinutes) {
  PretendedCluster cluster;
  const auto client = ConnectReader(cluster.settings(), /*committed_only=*/false);
  ASSERT_TRUE(client.ok());
  ASSERT_TRUE(RangeOf(client->get(), kTopic, 0, 10 * kMicrosPerSecond).ok());
  cluster.Lead(2);
  const auto range = RangeOf(client->get(), kTopic, 0, 3 * kMicrosPerSecond);
  EXPECT_TRUE(range.ok()) << range.status();
}

// rd_kafka_query_watermark_offsets waits for a leader that is gone, whatever it is given as
// timeout.
TEST(RangeOf, BugItWaitedForALeaderThatWasGoneUntilItCameBack) {
  PretendedCluster cluster;
  const auto client = ConnectReader(cluster.settings(), /*committed_only=*/false);
  ASSERT_TRUE(client.ok());
  ASSERT_TRUE(RangeOf(client->get(), kTopic, 0, 10 * kMicrosPerSecond).ok());
  cluster.Down(1);
  cluster.Lead(2);
  const auto range = RangeOf(client->get(), kTopic, 0, 10 * kMicrosPerSecond);
  EXPECT_TRUE(range.ok()) << range.status();
}

TEST(RangeOf, IsUnavailableInTimeWhereNobodyLeads) {
  PretendedCluster cluster;
  const auto client = ConnectReader(cluster.settings(), /*committed_only=*/false);
  ASSERT_TRUE(client.ok());
  ASSERT_TRUE(RangeOf(client->get(), kTopic, 0, 10 * kMicrosPerSecond).ok());
  cluster.Down(1);
  const auto range = RangeOf(client->get(), kTopic, 0, 2 * kMicrosPerSecond);
  EXPECT_EQ(range.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace dangol::kafka
