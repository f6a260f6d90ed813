// The runtime with its threads over a real Kafka broker (DANGOL_TEST_KAFKA names it): processes
// that are killed, stand still and wake, join and leave, and everything takes effect exactly once.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "libs/backbone/kafka/kafka_log.h"
#include "libs/backbone/kafka/local_checkpoints.h"
#include "libs/backbone/kafka/topic_admin.h"
#include "libs/stream/runtime.h"
#include "libs/stream/testing/toy.h"

namespace dangol {
namespace {

constexpr uint32_t kPartitions = 4;
constexpr Micros kPatience = 90 * kMicrosPerSecond;

Micros Soon() { return SteadyMicros() + kPatience; }

struct Place {
  kafka::Settings settings;
  std::filesystem::path root;
};

Place PlaceOf(const std::string& broker, const std::string& prefix, const std::string& root) {
  Place place;
  place.settings.bootstrap_servers = broker;
  place.settings.prefix = prefix;
  place.settings.session_timeout_us = 6 * kMicrosPerSecond;
  place.settings.patience_us = 60 * kMicrosPerSecond;
  place.root = root;
  return place;
}

// One process of the two toy services, or what it would be.
class Instance {
 public:
  Instance(const Place& place, const std::string& name, const Clock* clock) {
    kafka::Settings settings = place.settings;
    settings.instance = name;
    auto log = KafkaLog::Open(settings);
    EXPECT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
    auto store = kafka::LocalCheckpoints::Open((place.root / name).string(), kPartitions,
                                               &log_->marks(), clock);
    EXPECT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    RuntimeOptions options;
    options.workers = 2;
    options.trim_topics = false;
    options.own_interval = 100 * kMicrosPerMilli;
    options.checkpoint_interval = kMicrosPerSecond;
    options.performers[Service::kCampaign] = &performer_;
    runtime_ = std::make_unique<Runtime>(log_.get(), store_.get(), clock, toy::Specs(&behaviour_),
                                         options);
    EXPECT_EQ(runtime_->Start(), absl::OkStatus());
  }
  KafkaLog& log() { return *log_; }
  Runtime& runtime() { return *runtime_; }
  // After Stop.
  const toy::Performer::Sent& sent() const { return sent_; }

 private:
  toy::Behaviour behaviour_;
  toy::Performer::Sent sent_;
  toy::Performer performer_{&sent_};
  std::unique_ptr<KafkaLog> log_;
  std::unique_ptr<kafka::LocalCheckpoints> store_;
  std::unique_ptr<Runtime> runtime_;
};

// Another process: this program, which then is an instance until it is killed.
class Child {
 public:
  Child(const Place& place, const std::string& name) : pid_(fork()) {
    if (pid_ != 0) return;
    execl("/proc/self/exe", "instance", place.settings.bootstrap_servers.c_str(),
          place.settings.prefix.c_str(), place.root.c_str(), name.c_str(), nullptr);
    _exit(1);
  }
  ~Child() { Kill(); }
  void Signal(int signal) { kill(pid_, signal); }
  void Kill() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_;
};

class ClusterRuntimeTest : public testing::Test {
 protected:
  ClusterRuntimeTest()
      : place_(PlaceOf(std::getenv("DANGOL_TEST_KAFKA"), Name(),
                       (std::filesystem::path(testing::TempDir()) / Name()).string())) {
    EXPECT_EQ(kafka::ApplyTopics(place_.settings, {kPartitions, 1}), absl::OkStatus());
    kafka::Settings settings = place_.settings;
    settings.instance = "outside";
    outside_ = KafkaLog::Open(settings).value();
  }
  ~ClusterRuntimeTest() override {
    outside_ = nullptr;
    EXPECT_EQ(kafka::DeleteTopics(place_.settings), absl::OkStatus());
    std::filesystem::remove_all(place_.root);
  }
  static std::string Name() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    return absl::StrCat("run", getpid(), "-", test->name());
  }

  // Messages and commands from outside, each of them twice now and then.
  void Send(int count) {
    std::vector<Emit> records;
    for (int i = 0; i < count; ++i, ++messages_) {
      const auto p = static_cast<Partition>(messages_ % kPartitions);
      const Record record{"k", absl::StrCat("m", messages_), clock_.Now(), 0};
      for (int n = messages_ % 7 == 0 ? 2 : 1; n > 0; --n) {
        records.push_back({{Topic::kIngest, p}, record});
      }
      if (messages_ % 10 == 0) records.push_back(Command(p));
    }
    const auto ticket = outside_->AppendAsync(std::move(records));
    ASSERT_TRUE(ticket.ok()) << ticket.status();
    ASSERT_EQ(outside_->AwaitDurable(*ticket), absl::OkStatus());
  }
  Emit Command(Partition p) {
    event::v1::InboxRecord record;
    record.mutable_command()->set_request_id(absl::StrCat("r", commands_++));
    record.mutable_command()->set_principal("ann");
    record.mutable_command()->set_body("add");
    places_.push_back(p);
    return {{InboxOf(Service::kCampaign), p}, {"", record.SerializeAsString(), clock_.Now(), 0}};
  }
  static std::string Tell(const std::vector<Instance*>& instances) {
    std::string text;
    for (Instance* instance : instances) {
      absl::StrAppend(&text, "an instance owns:");
      for (Scope scope : instance->runtime().Owned()) absl::StrAppend(&text, " ", ToString(scope));
      for (const std::string& halted : instance->runtime().Halted()) {
        absl::StrAppend(&text, "; ", halted);
      }
      absl::StrAppend(&text, "\n");
    }
    return text;
  }
  void AwaitOwned(const std::vector<Instance*>& instances, size_t least, size_t all) {
    for (const Micros until = Soon();;) {
      size_t sum = 0;
      bool each = true;
      for (Instance* instance : instances) {
        const size_t owned = instance->runtime().Owned().size();
        sum += owned;
        each = each && owned >= least;
      }
      if (each && sum == all) return;
      ASSERT_LT(SteadyMicros(), until) << Tell(instances);
      std::this_thread::yield();
    }
  }
  // Waits until a part of what was sent has been passed on.
  void AwaitSome(uint64_t offset) {
    const Micros until = Soon();
    while (outside_->EndOffset({Topic::kCustomer, 1}) < offset) ASSERT_LT(SteadyMicros(), until);
  }

  // Everything once, as an instance sees it that owns all.
  void Check(Instance& instance) {
    int64_t counted = 0, sum = 0;
    absl::Status read;
    // Who was killed may have got a part just before, which comes back once its session is over.
    do {
      AwaitOwned({&instance}, 0, 2 * kPartitions);
      ASSERT_EQ(instance.runtime().WaitIdle(Soon()), absl::OkStatus());
      counted = sum = 0;
      read = instance.runtime().ReadAll(Service::kCampaign, Soon(), [&](Processor&, StateView& v) {
        counted += toy::NumberAt(v, Table::kCustomer, "k");
        sum += toy::NumberAt(v, Table::kShared, "sum");
        return absl::OkStatus();
      });
    } while (absl::IsUnavailable(read));
    ASSERT_EQ(read, absl::OkStatus());
    EXPECT_TRUE(instance.runtime().Halted().empty()) << instance.runtime().Halted().front();
    EXPECT_EQ(counted, messages_);
    EXPECT_EQ(sum, commands_);
    // A request id again is answered as before, wherever it was done.
    std::map<Partition, int> done;
    for (int i = 0; i < commands_; ++i) {
      absl::StatusOr<std::string> outcome;
      do {
        outcome = instance.runtime().Execute({Service::kCampaign, places_[i]}, "add",
                                             {"ann", {}, absl::StrCat("r", i)}, Soon());
      } while (absl::IsUnavailable(outcome.status()));
      ASSERT_EQ(outcome.value_or(outcome.status().ToString()), absl::StrCat(++done[places_[i]]));
    }
  }

  const Place place_;
  ManualClock clock_{1'000'000 * kMicrosPerSecond};
  std::unique_ptr<KafkaLog> outside_;
  int64_t messages_ = 0;
  int commands_ = 0;
  std::vector<Partition> places_;
};

TEST_F(ClusterRuntimeTest, AKilledProcessIsTakenOverWithNothingLostOrTwice) {
  Child one(place_, "one");
  Send(300);
  AwaitSome(10);
  Send(100);
  one.Kill();
  Instance two(place_, "two", &clock_);
  Send(100);
  Check(two);
}

TEST_F(ClusterRuntimeTest, AProcessKilledAgainAndAgainGoesOnFromItsCheckpoint) {
  for (int round = 1; round <= 3; ++round) {
    Child one(place_, "one");
    Send(150);
    AwaitSome(static_cast<uint64_t>(25 * round));
  }
  Instance one(place_, "one", &clock_);
  Check(one);
}

TEST_F(ClusterRuntimeTest, TwoInstancesShareTheScopesAndOneLeaves) {
  Instance one(place_, "one", &clock_);
  Send(200);
  auto two = std::make_unique<Instance>(place_, "two", &clock_);
  for (int i = 0; i < 10; ++i) Send(20);
  AwaitOwned({&one, two.get()}, 2, 2 * kPartitions);
  Send(200);
  two->runtime().Stop();
  two = nullptr;
  Send(100);
  Check(one);
  clock_.AdvanceTo(clock_.Now() + kMicrosPerHour);
  ASSERT_EQ(one.runtime().WaitIdle(Soon()), absl::OkStatus());
  one.runtime().Stop();
  EXPECT_EQ(one.sent().size(), static_cast<size_t>(messages_)) << "an effect for each";
  for (const std::string& sent : one.sent()) EXPECT_EQ(one.sent().count(sent), 1u) << sent;
}

TEST_F(ClusterRuntimeTest, AProcessThatStoodStillWritesNothingWhenItWakes) {
  Child one(place_, "one");
  Send(100);
  AwaitSome(10);
  one.Signal(SIGSTOP);
  Send(50);
  Instance two(place_, "two", &clock_);
  AwaitOwned({&two}, 0, 2 * kPartitions);
  Send(50);
  ASSERT_EQ(two.runtime().WaitIdle(Soon()), absl::OkStatus());
  one.Signal(SIGCONT);
  Send(100);
  one.Kill();
  Check(two);
}

// The same in one process, whose group alone stands still: its workers go on, and are fenced.
TEST_F(ClusterRuntimeTest, AZombiesCommitsAreFencedAndItsMemoryDropped) {
  Instance one(place_, "one", &clock_);
  Send(100);
  AwaitOwned({&one}, 0, 2 * kPartitions);
  one.log().StandStill(true);
  Instance two(place_, "two", &clock_);
  AwaitOwned({&two}, 0, 2 * kPartitions);
  Send(200);
  ASSERT_EQ(two.runtime().WaitIdle(Soon()), absl::OkStatus());
  one.log().StandStill(false);
  AwaitOwned({&one, &two}, 2, 2 * kPartitions);
  Send(100);
  one.runtime().Stop();
  one.log().StandStill(true);
  Check(two);
}

}  // namespace

// What a Child runs.
int RunInstance(char** args) {
  const SystemClock clock;
  const Instance instance(PlaceOf(args[1], args[2], args[3]), args[4], &clock);
  for (;;) pause();
}

}  // namespace dangol

int main(int argc, char** argv) {
  if (absl::string_view(argv[0]) == "instance") return dangol::RunInstance(argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
