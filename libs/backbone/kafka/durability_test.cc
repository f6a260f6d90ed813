#include "libs/backbone/kafka/durability.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dangol::kafka {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kTopic[] = "dangol.contact.v1";

// What DESIGN asks of three brokers.
ClusterSettings ThreeBrokers() {
  ClusterSettings cluster;
  for (int id : {1, 2, 3}) {
    cluster.brokers[id] = {{"unclean.leader.election.enable", "false"},
                           {"offsets.topic.replication.factor", "3"},
                           {"transaction.state.log.replication.factor", "3"},
                           {"transaction.state.log.min.isr", "2"},
                           {"min.insync.replicas", "2"}};
  }
  cluster.topics[kTopic] = {3,
                            {{"unclean.leader.election.enable", "false"},
                             {"min.insync.replicas", "2"},
                             {"cleanup.policy", "delete"},
                             {"retention.ms", "-1"}}};
  return cluster;
}

ClusterSettings OneBroker() {
  ClusterSettings cluster;
  cluster.brokers[1] = {{"unclean.leader.election.enable", "false"},
                        {"log.flush.interval.messages", "1"}};
  cluster.topics[kTopic] = {1,
                            {{"unclean.leader.election.enable", "false"},
                             {"flush.messages", "1"},
                             {"cleanup.policy", "delete"},
                             {"retention.ms", "-1"}}};
  return cluster;
}

std::vector<std::string> Found(const ClusterSettings& cluster) {
  std::vector<std::string> texts;
  for (const Weakness& weakness : FindWeaknesses(
           cluster, {{kTopic, {{"cleanup.policy", "delete"}, {"retention.ms", "-1"}}}})) {
    texts.push_back(ToString(weakness));
  }
  return texts;
}

TEST(DurabilityTest, NothingIsFoundWhereThePromiseCanBeKept) {
  EXPECT_THAT(Found(ThreeBrokers()), IsEmpty());
  EXPECT_THAT(Found(OneBroker()), IsEmpty());
}

TEST(DurabilityTest, TimesOfOtherProducersMustNotDecideHowLongRecordsAreKept) {
  const std::map<std::string, ClusterSettings::Config> plan = {
      {kTopic, {{"message.timestamp.type", "LogAppendTime"}}}};
  ClusterSettings cluster = ThreeBrokers();
  cluster.topics[kTopic].config["message.timestamp.type"] = "CreateTime";
  const auto found = FindWeaknesses(cluster, plan);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].setting, "message.timestamp.type=CreateTime");
  cluster.topics[kTopic].config["message.timestamp.type"] = "LogAppendTime";
  EXPECT_THAT(FindWeaknesses(cluster, plan), IsEmpty());
}

TEST(DurabilityTest, EachWeakSettingOfSeveralBrokersIsFound) {
  const ClusterSettings::Config good = ThreeBrokers().brokers.at(2);
  for (const auto& [key, value] : good) {
    ClusterSettings cluster = ThreeBrokers();
    cluster.brokers[2][key] = value == "false" ? "true" : "1";
    EXPECT_THAT(Found(cluster), ElementsAre(HasSubstr("broker 2: " + key)));
    cluster.brokers[2].erase(key);
    EXPECT_THAT(Found(cluster), ElementsAre(HasSubstr(key + "=?"))) << "what is not said is weak";
  }
  for (const auto& [key, weak] : ClusterSettings::Config{{"unclean.leader.election.enable", "true"},
                                                         {"min.insync.replicas", "1"},
                                                         {"cleanup.policy", "compact"},
                                                         {"retention.ms", "604800000"}}) {
    ClusterSettings cluster = ThreeBrokers();
    cluster.topics[kTopic].config[key] = weak;
    EXPECT_THAT(Found(cluster), ElementsAre(HasSubstr("topic dangol.contact.v1: " + key)));
  }
  ClusterSettings cluster = ThreeBrokers();
  cluster.topics[kTopic].replication = 2;
  EXPECT_THAT(Found(cluster), ElementsAre(HasSubstr("replication=2")));
}

TEST(DurabilityTest, OneBrokerHasToFlush) {
  ClusterSettings cluster = OneBroker();
  cluster.brokers[1]["log.flush.interval.messages"] = "9223372036854775807";
  cluster.topics[kTopic].config["flush.messages"] = "9223372036854775807";
  EXPECT_THAT(Found(cluster), ElementsAre(HasSubstr("broker 1: log.flush.interval.messages"),
                                          HasSubstr("flush.messages")));
}

TEST(DurabilityTest, DaysTopicsMayBeKeptLonger) {
  ClusterSettings cluster = OneBroker();
  const std::map<std::string, ClusterSettings::Config> plan = {
      {kTopic, {{"retention.ms", "604800000"}}}};
  for (const auto& [kept, weaknesses] :
       std::map<std::string, size_t>{{"604800000", 0}, {"-1", 0}, {"700000000", 0}, {"1000", 1}}) {
    cluster.topics[kTopic].config["retention.ms"] = kept;
    EXPECT_EQ(FindWeaknesses(cluster, plan).size(), weaknesses) << kept;
  }
}

}  // namespace
}  // namespace dangol::kafka
