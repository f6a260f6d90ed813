// The conformance suite's Kafka: a broker that DANGOL_TEST_KAFKA names, topics of its own for each
// test, and checkpoints in a directory.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "absl/strings/str_cat.h"
#include "libs/backbone/kafka/kafka_log.h"
#include "libs/backbone/kafka/local_checkpoints.h"
#include "libs/backbone/kafka/topic_admin.h"
#include "libs/backbone/testing/conformance.h"
#include "libs/base/clock.h"

namespace dangol {
namespace {

constexpr Micros kPatience = 60 * kMicrosPerSecond;

class KafkaBackbone final : public BackboneUnderTest {
 public:
  KafkaBackbone() {
    static int count = 0;
    settings_.bootstrap_servers = std::getenv("DANGOL_TEST_KAFKA");
    settings_.prefix = absl::StrCat("test", getpid(), "-", ++count);
    settings_.session_timeout_us = 6 * kMicrosPerSecond;
    settings_.patience_us = kPatience;
    settings_.producers = 1;
    dir_ = std::filesystem::path(testing::TempDir()) / settings_.prefix;
    std::filesystem::create_directories(dir_);
    settings_.directory = dir_.string();
    EXPECT_EQ(kafka::ApplyTopics(settings_, {kTestPartitions, 1}), absl::OkStatus());
    Open();
  }
  ~KafkaBackbone() override {
    other_ = nullptr;
    store_ = nullptr;
    log_ = nullptr;
    EXPECT_EQ(kafka::DeleteTopics(settings_), absl::OkStatus());
    std::filesystem::remove_all(dir_);
  }
  Log& log() override { return *log_; }
  CheckpointStore& store() override { return *store_; }
  void Reopen() override {
    store_ = nullptr;
    log_ = nullptr;
    Open();
  }
  // As the process stood still when it died, it leaves no group and ends no transaction.
  void Crash() override {
    log_->StandStill(true);
    Reopen();
  }
  void AwaitDurable(uint64_t ticket) override { EXPECT_LE(ticket, log_->DurableTicket()); }
  Log* GiveAway(Scope scope) override {
    log_->StandStill(true);
    kafka::Settings settings = settings_;
    settings.instance = "another";
    settings.directory = "";
    auto other = KafkaLog::Open(settings);
    EXPECT_TRUE(other.ok()) << other.status();
    other_ = *std::move(other);
    bool gained = false;
    for (const Micros until = SteadyMicros() + kPatience; !gained && SteadyMicros() < until;) {
      const auto owned = other_->Own(scope.service);
      EXPECT_TRUE(owned.ok()) << owned.status();
      for (Scope s : owned->gained) gained = gained || s == scope;
    }
    EXPECT_TRUE(gained);
    log_->StandStill(false);
    return other_.get();
  }

 private:
  void Open() {
    auto log = KafkaLog::Open(settings_);
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
    auto store =
        kafka::LocalCheckpoints::Open(dir_.string(), kTestPartitions, &log_->marks(), &clock_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  kafka::Settings settings_;
  std::filesystem::path dir_;
  SystemClock clock_;
  std::unique_ptr<KafkaLog> log_;
  std::unique_ptr<kafka::LocalCheckpoints> store_;
  std::unique_ptr<KafkaLog> other_;
};

}  // namespace

// A transaction has committed before its marks are in every partition.
void AwaitShown(Log& log, const ScopeCycle& part) {
  for (const Emit& emit : part.emits) {
    const Micros until = SteadyMicros() + kPatience;
    for (bool there = false; !there;) {
      const std::vector<std::string> values = ValuesOf(log, emit.to);
      there = std::find(values.begin(), values.end(), emit.record.value) != values.end();
      ASSERT_TRUE(there || SteadyMicros() < until) << emit.record.value << " is not to be read";
    }
  }
}

std::vector<Backbone> Backbones() {
  Backbone kafka;
  kafka.name = "Kafka";
  kafka.dense = false;
  kafka.local = false;
  kafka.random_steps = 40;  // a restart waits for a session to end
  kafka.make = [](uint64_t, bool) { return std::make_unique<KafkaBackbone>(); };
  return {kafka};
}

}  // namespace dangol
