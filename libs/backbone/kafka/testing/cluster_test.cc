// What the Kafka log has beyond the conformance suite: checkpoints that outlive a crash, where the
// owners are, and what its messages say to others. Against a broker that DANGOL_TEST_KAFKA names.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/ingest.pb.h"
#include "libs/backbone/kafka/client.h"
#include "libs/backbone/kafka/image.h"
#include "libs/backbone/kafka/kafka_log.h"
#include "libs/backbone/kafka/local_checkpoints.h"
#include "libs/backbone/kafka/partition_reader.h"
#include "libs/backbone/kafka/repair.h"
#include "libs/backbone/kafka/topic_admin.h"
#include "libs/backbone/state.h"
#include "libs/backbone/testing/conformance.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"

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

  // Of the record number `index` of the partition, as others read it.
  using Headers = std::map<std::string, std::string>;
  Headers HeadersOf(TopicPartition tp, size_t index) {
    kafka::Client client = *kafka::ConnectReader(settings_, /*committed_only=*/true);
    kafka::PartitionReader reader(client.get(), kafka::NameOf(settings_, tp.topic), tp.partition,
                                  nullptr);
    EXPECT_EQ(reader.Start(0), absl::OkStatus());
    const Micros until = SteadyMicros() + kPatience;
    while (reader.buffered().size() <= index && SteadyMicros() < until) {
      EXPECT_EQ(reader.Fill(kMicrosPerSecond), absl::OkStatus());
    }
    Headers headers;
    rd_kafka_headers_t* of = nullptr;
    if (reader.buffered().size() <= index ||
        rd_kafka_message_headers(reader.buffered()[index].get(), &of)) {
      return headers;
    }
    const char* name = nullptr;
    const void* value = nullptr;
    size_t size = 0;
    for (size_t i = 0; !rd_kafka_header_get_all(of, i, &name, &value, &size); ++i) {
      headers[name] = std::string(static_cast<const char*>(value), size);
    }
    return headers;
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

TEST_F(ClusterTest, AMemberThatWasKilledIsNotWaitedFor) {
  settings_.directory = root_.string();
  settings_.session_timeout_us = 10 * kPatience;
  std::filesystem::create_directories(root_);
  for (int kill = 0; kill < 2; ++kill) {
    auto log = Open("one");
    AwaitGain(*log, kA);
    log->StandStill(true);  // it does not leave, as if its process were gone
  }
  AwaitGain(*Open("one"), kA);
}

TEST_F(ClusterTest, OurRecordsAreCloudEventsAndOthersAreWrapped) {
  auto log = Open("one");
  const TopicPartition ingest{Topic::kIngest, 0};
  ASSERT_TRUE(log->Append(ingest, {{"k", "ours", 77, 3}, {"k", "ours, too", 78, 0}}).ok());
  kafka::Client producer = *kafka::Connect(RD_KAFKA_PRODUCER, settings_, {});
  const std::string topic = kafka::NameOf(settings_, Topic::kIngest);
  ASSERT_EQ(rd_kafka_producev(producer.get(), RD_KAFKA_V_TOPIC(topic.c_str()),
                              RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_KEY("k", 1),
                              RD_KAFKA_V_VALUE(const_cast<char*>("{}"), 2), RD_KAFKA_V_TIMESTAMP(1),
                              RD_KAFKA_V_HEADER("ce_id", "e1", 2), RD_KAFKA_V_END),
            RD_KAFKA_RESP_ERR_NO_ERROR);
  ASSERT_EQ(rd_kafka_flush(producer.get(), 60'000), RD_KAFKA_RESP_ERR_NO_ERROR);

  std::vector<StoredRecord> read;
  uint64_t next = 0;
  for (const Micros until = SteadyMicros() + kPatience; read.size() < 3;) {
    ASSERT_LT(SteadyMicros(), until);
    next = log->Read(ingest, next, 10, 1 << 20, &read).value_or(next);
  }
  EXPECT_EQ(read[0].record.value, "ours");
  EXPECT_EQ(read[0].record.emit_time, 77);
  EXPECT_EQ(read[0].record.hops, 3u);
  event::v1::IngestEvent event;
  ASSERT_TRUE(event.ParseFromString(read[2].record.value));
  EXPECT_EQ(event.foreign().value(), "{}");
  ASSERT_EQ(event.foreign().headers_size(), 1);
  EXPECT_EQ(event.foreign().headers(0).name(), "ce_id");
  EXPECT_GT(read[2].record.emit_time, kMicrosPerDay) << "the broker's time, not the producer's";
  EXPECT_EQ(HeadersOf(ingest, 0),
            (Headers{{"ce_specversion", "1.0"},
                     {"ce_type", "dangol.event.v1.IngestEvent"},
                     {"ce_source", absl::StrCat("/", settings_.prefix, "/gateway/one")},
                     {"ce_id", HeadersOf(ingest, 0)["ce_id"]},
                     {"content-type", "application/protobuf"},
                     {"dgtime", "77"},
                     {"dghops", "3"}}));
  EXPECT_NE(HeadersOf(ingest, 0)["ce_id"], HeadersOf(ingest, 1)["ce_id"]);
}

TEST_F(ClusterTest, EmitsAreNumberedByCycle) {
  auto log = Open("one");
  AwaitGain(*log, kA);
  for (uint64_t cycle : {1, 2}) {
    ScopeCycle part = MakePart(kA, cycle);
    part.emits = {{{Topic::kCustomer, 1}, {"a", "x", 5, 0}}, {{Topic::kDead, 0}, {"b", "y", 5, 0}}};
    ASSERT_TRUE(CommitUntilOk(*log, {part}).lost.empty());
  }
  const std::string source = absl::StrCat("/", settings_.prefix, "/profile/0");
  Headers first = HeadersOf({Topic::kCustomer, 1}, 0);
  EXPECT_EQ(first["ce_source"], source);
  EXPECT_EQ(first["ce_type"], "dangol.event.v1.CustomerEvent");
  EXPECT_EQ(first["ce_id"], "1-1");
  Headers last = HeadersOf({Topic::kDead, 0}, 1);
  EXPECT_EQ(last["ce_type"], "dangol.event.v1.DeadLetter");
  EXPECT_EQ(last["ce_source"], source);
  EXPECT_EQ(last["ce_id"], "2-2");
}

TEST_F(ClusterTest, AnImageShowsWhatWasThereWhenItWasOpened) {
  auto log = Open("one");
  AwaitGain(*log, kA);
  kafka::NoCheckpoints none;
  auto state = State::Acquire(kA, *log, none, {});
  ASSERT_TRUE(state.ok()) << state.status();
  CommitSome(*log, **state, 3);
  const TopicPartition ingest{Topic::kIngest, 0};
  ASSERT_TRUE(log->Append(ingest, {MakeRecord("k", "one"), MakeRecord("k", "two")}).ok());
  const auto image =
      kafka::ClusterImage::Open(settings_, kafka::ClusterImage::Cut::kOneMoment).value();
  CommitSome(*log, **state, 2);
  ASSERT_TRUE(log->Append(ingest, {MakeRecord("k", "three")}).ok());

  const auto seen = State::Acquire(kA, *image, none, {});
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_EQ((*seen)->seal().cycle, 3u);
  EXPECT_EQ(*(*seen)->Get(Table::kCustomer, "7"), "3");
  EXPECT_EQ(image->CommittedOf(kA).before.cycle, 3u);
  EXPECT_EQ(image->CommittedOf(kA).after.cycle, 3u);
  EXPECT_EQ(image->ChangelogId(kA).value(), log->marks().IdOf(kA).value());
  EXPECT_EQ(kafka::MembersOf(settings_, Service::kProfile).value(), 1);
  EXPECT_EQ(kafka::MembersOf(settings_, Service::kOffer).value(), 0);
  std::vector<StoredRecord> records;
  EXPECT_EQ(image->Read(ingest, 0, 100, 1 << 20, &records).value(), image->EndOffset(ingest));
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[1].record.value, "two");
  EXPECT_EQ(image->Read(ingest, image->EndOffset(ingest), 100, 1 << 20, &records).value(),
            image->EndOffset(ingest));
  EXPECT_FALSE(image->Append(ingest, {MakeRecord("k", "v")}).ok());
}

TEST_F(ClusterTest, AScopeGoesOnFromWhatALossHasLeft) {
  using kafka::ClusterImage;
  std::string id;
  {
    auto log = Open("one");
    AwaitGain(*log, kA);
    ScopeCycle part = MakePart(kA, 1, {}, {MakePut(Table::kCustomer, "7", "kept")});
    part.seal.next_offsets[Topic::kIngest] = 5;  // of which there is nothing
    ASSERT_TRUE(CommitUntilOk(*log, {part}).lost.empty());
    id = log->marks().IdOf(kA).value();
    EXPECT_EQ(DetailOf(kafka::Operator::Open(settings_).status()).reason, "SERVICES_RUN");
  }
  const auto repairs = kafka::Operator::Open(settings_).value();
  const auto find = [&](Scope scope) {
    const auto image = ClusterImage::Open(settings_, ClusterImage::Cut::kOneMoment).value();
    return kafka::FindRepair(*image, scope).value();
  };
  EXPECT_TRUE(find({Service::kProfile, 1}).losses.empty());
  const kafka::Repair repair = find(kA);
  ASSERT_EQ(repair.losses.size(), 1u);
  EXPECT_EQ(repair.losses[0], "had read ingest/0 to offset 5, which ends at 0 now");
  ASSERT_EQ(repairs->Write(repair.part, repair.epoch), absl::OkStatus());
  EXPECT_TRUE(find(kA).losses.empty());

  kafka::NoCheckpoints none;
  for (uint64_t cycle = 2; cycle < 4; ++cycle) {
    auto log = Open("two");
    AwaitGain(*log, kA);
    const auto state = State::Acquire(kA, *log, none, {});
    ASSERT_TRUE(state.ok()) << state.status();
    EXPECT_EQ((*state)->seal().cycle, cycle);
    EXPECT_EQ(*(*state)->Get(Table::kCustomer, "7"), "kept");
    // Checkpoints and views of before are of another changelog, also after further commits.
    EXPECT_EQ(log->marks().IdOf(kA).value(), id + "-1");
    ASSERT_TRUE(CommitUntilOk(*log, {MakePart(kA, cycle + 1)}).lost.empty());
  }
}

}  // namespace
}  // namespace dangol
