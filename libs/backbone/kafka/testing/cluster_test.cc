// What the Kafka log has beyond the conformance suite: checkpoints that outlive a crash, and where
// the owners are. Against a broker that DANGOL_TEST_KAFKA names.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "libs/backbone/kafka/client.h"
#include "libs/backbone/kafka/kafka_log.h"
#include "libs/backbone/kafka/local_checkpoints.h"
#include "libs/backbone/kafka/topic_admin.h"
#include "libs/backbone/state.h"
#include "libs/backbone/testing/conformance.h"
#include "libs/base/clock.h"

namespace dangol {
namespace {

constexpr Scope kA{Service::kProfile, 0};
constexpr Micros kPatience = 60 * kMicrosPerSecond;

class ClusterTest : public testing::Test {
 protected:
  ClusterTest() {
    static int count = 0;
    settings_.bootstrap_servers = std::getenv("DANGOL_TEST_KAFKA");
    settings_.prefix = absl::StrCat("cluster", getpid(), "-", ++count);
    settings_.session_timeout_us = 6 * kMicrosPerSecond;
    settings_.patience_us = kPatience;
    settings_.producers = 1;
    root_ = std::filesystem::path(testing::TempDir()) / settings_.prefix;
    EXPECT_EQ(kafka::ApplyTopics(settings_, {kTestPartitions, 1}), absl::OkStatus());
  }
  ~ClusterTest() override {
    EXPECT_EQ(kafka::DeleteTopics(settings_), absl::OkStatus());
    std::filesystem::remove_all(root_);
  }
  std::unique_ptr<KafkaLog> Open(const std::string& instance) {
    kafka::Settings settings = settings_;
    settings.instance = instance;
    settings.address = instance + ":7000";
    auto log = KafkaLog::Open(settings);
    EXPECT_TRUE(log.ok()) << log.status();
    return *std::move(log);
  }
  std::unique_ptr<kafka::LocalCheckpoints> OpenStore(KafkaLog& log, const std::string& name) {
    auto store = kafka::LocalCheckpoints::Open((root_ / name).string(), kTestPartitions,
                                               &log.marks(), &clock_);
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }
  static void AwaitGain(KafkaLog& log, Scope scope) {
    for (const Micros until = SteadyMicros() + kPatience; SteadyMicros() < until;) {
      const auto owned = log.Own(scope.service);
      ASSERT_TRUE(owned.ok()) << owned.status();
      for (Scope gained : owned->gained) {
        if (gained == scope) return;
      }
    }
    FAIL() << ToString(scope) << " was not gained";
  }
  static void AwaitOwner(KafkaLog& log, Scope scope, const std::string& address) {
    const Micros until = SteadyMicros() + kPatience;
    while (log.OwnerOf(scope).value_or("") != address) {
      ASSERT_LT(SteadyMicros(), until) << log.OwnerOf(scope).status();
      ASSERT_TRUE(log.Own(scope.service).ok());
    }
  }
  // Of partition 0, as kafka-consumer-groups.sh would show it.
  int64_t GroupOffset(Topic topic) const {
    const auto client =
        kafka::Connect(RD_KAFKA_CONSUMER, settings_,
                       {{"group.id", kafka::GroupOf(settings_, Service::kProfile)}}, {});
    EXPECT_TRUE(client.ok()) << client.status();
    const auto list = kafka::MakeList(kafka::NameOf(settings_, topic), {0});
    EXPECT_EQ(rd_kafka_committed(client->get(), list.get(), kafka::Millis(kPatience)),
              RD_KAFKA_RESP_ERR_NO_ERROR);
    return list->elems[0].offset;
  }
  static void CommitSome(Log& log, State& state, int cycles) {
    for (int i = 0; i < cycles; ++i) {
      ScopeCycle part = MakePart(kA, state.seal().cycle + 1);
      for (int k = 0; k < 10; ++k) {
        state.Put(Table::kCustomer, absl::StrCat(k), absl::StrCat(part.seal.cycle));
      }
      part.changes = state.TakeChanges(part.seal);
      ASSERT_TRUE(CommitUntilOk(log, {part}).lost.empty());
    }
  }

  SystemClock clock_;
  kafka::Settings settings_;
  std::filesystem::path root_;
};

TEST_F(ClusterTest, AKilledProcessReplaysOnlyWhatItsCheckpointHasNot) {
  auto log = Open("one");
  auto store = OpenStore(*log, "one");
  AwaitGain(*log, kA);
  {
    auto state = State::Acquire(kA, *log, *store, {});
    ASSERT_TRUE(state.ok()) << state.status();
    CommitSome(*log, **state, 30);
    ASSERT_EQ(store->Ingest({{(*state)->CutCheckpoint()}}), absl::OkStatus());
    CommitSome(*log, **state, 3);
  }
  std::filesystem::copy(root_ / "one", root_ / "killed", std::filesystem::copy_options::recursive);
  log->StandStill(true);  // leaves no group
  store = nullptr;
  log = nullptr;
  log = Open("one");
  store = OpenStore(*log, "killed");
  AwaitGain(*log, kA);
  auto state = State::Acquire(kA, *log, *store, {});
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ((*state)->seal().cycle, 33u);
  EXPECT_EQ(*(*state)->Get(Table::kCustomer, "7"), "33");
  EXPECT_EQ(log->replayed_records(), 1u + 3 * 11) << "the checkpoint's seal, and three cycles";
  // Without the checkpoint all of it is read.
  auto none = OpenStore(*log, "none");
  ASSERT_TRUE(State::Acquire(kA, *log, *none, {}).ok());
  EXPECT_GT(log->replayed_records(), 1u + 3 * 11 + 33 * 11);
  CommitSome(*log, **state, 1);
}

TEST_F(ClusterTest, AChangelogHasAnIdThatStaysAndIsItsOwn) {
  auto log = Open("one");
  const std::string id = log->marks().IdOf(kA).value();
  EXPECT_EQ(id.size(), 16u);
  EXPECT_EQ(kafka::ApplyTopics(settings_, {kTestPartitions, 1}), absl::OkStatus());
  EXPECT_EQ(Open("two")->marks().IdOf(kA).value(), id);
  kafka::Settings other = settings_;
  other.prefix += "-other";
  ASSERT_EQ(kafka::ApplyTopics(other, {kTestPartitions, 1}), absl::OkStatus());
  EXPECT_NE(KafkaLog::Open(other).value()->marks().IdOf(kA).value(), id);
  EXPECT_EQ(kafka::DeleteTopics(other), absl::OkStatus());
}

TEST_F(ClusterTest, TheGroupsOffsetsTellKafkasToolsTheLag) {
  auto log = Open("one");
  AwaitGain(*log, kA);
  ScopeCycle part = MakePart(kA, 1);
  part.seal.next_offsets = {{Topic::kIngest, 7}, {Topic::kResolved, 3}};
  ASSERT_TRUE(CommitUntilOk(*log, {part}).lost.empty());
  EXPECT_EQ(GroupOffset(Topic::kIngest), 7);
  EXPECT_EQ(GroupOffset(Topic::kResolved), 3);
  part = MakePart(kA, 2);
  part.seal.next_offsets = {{Topic::kIngest, 9}, {Topic::kResolved, 3}};
  ASSERT_TRUE(CommitUntilOk(*log, {part}).lost.empty());
  EXPECT_EQ(GroupOffset(Topic::kIngest), 9);
  EXPECT_EQ(GroupOffset(Topic::kResolved), 3);
}

TEST_F(ClusterTest, EveryoneLearnsWhereTheOwnerIs) {
  auto one = Open("one");
  EXPECT_TRUE(absl::IsUnavailable(one->OwnerOf(kA).status()));
  AwaitGain(*one, kA);
  AwaitOwner(*one, kA, "one:7000");
  one = nullptr;
  auto two = Open("two");
  AwaitGain(*two, kA);
  AwaitOwner(*two, kA, "two:7000");
  auto three = Open("three");  // owns nothing, and reads what was written before
  const Micros until = SteadyMicros() + kPatience;
  while (three->OwnerOf(kA).value_or("") != "two:7000") ASSERT_LT(SteadyMicros(), until);
}

}  // namespace
}  // namespace dangol
