// The runtime step by step, by hand, over the simulated log.
#include "libs/stream/runtime.h"

#include <gtest/gtest.h>

#include "dangol/event/v1/dead.pb.h"
#include "libs/backbone/testing/sim_log.h"
#include "libs/base/status.h"
#include "libs/stream/testing/toy.h"

namespace dangol {
namespace {

constexpr Scope kFront{Service::kProfile, 0};
constexpr Scope kBack{Service::kCampaign, 0};
constexpr Micros kStart = 1'000'000 * kMicrosPerSecond;

class CountingMetrics : public NullMetrics {
 public:
  void Add(absl::string_view name, MetricLabels, double delta) override {
    counters[std::string(name)] += delta;
  }
  std::map<std::string, double> counters;
};

class RuntimeTest : public testing::Test {
 protected:
  void TearDown() override { runtime_.reset(); }

  void MakeLog(SimLog::Options options = {.partitions = 1}) {
    log_ = std::make_unique<SimLog>(options);
  }
  void Run(RuntimeOptions options = {.checkpoint_cycles_manual = 3}) {
    options.drive = Drive::kManual;
    options.performers[Service::kCampaign] = &performer_;
    options.metrics = &metrics_;
    options.alarm = [this](absl::string_view text) { alarms_.emplace_back(text); };
    runtime_ =
        std::make_unique<Runtime>(log_.get(), &store_, &clock_, toy::Specs(&behaviour_), options);
    ASSERT_TRUE(runtime_->Start().ok());
  }
  // The process dies, and another takes its place on the same log.
  void Restart(RuntimeOptions options = {.checkpoint_cycles_manual = 3}) {
    runtime_.reset();
    auto next = log_->NewInstance();
    dead_.push_back(std::move(log_));
    log_ = std::move(next);
    dead_.clear();
    Run(options);
  }
  void Send(std::string key, std::string value) {
    ASSERT_TRUE(runtime_->Append(Topic::kIngest, 0, {{std::move(key), std::move(value)}}).ok());
  }
  // Before there is a runtime; the record's offset.
  uint64_t Send0(std::string key, std::string value) {
    return log_->Append({Topic::kIngest, 0}, {{std::move(key), std::move(value), kStart, 0}})
        .value();
  }
  static Record MakeToRefuse() { return {"k", "v", kStart, 0}; }
  void Settle() { ASSERT_TRUE(runtime_->WaitIdle(0).ok()); }
  // Turns until nothing moves.
  void Turn() {
    while (runtime_->RunOnce()) {
    }
  }
  // Turns, and restarts whenever an event has crashed the process; how often that was.
  int TurnThroughCrashes(RuntimeOptions options = {.checkpoint_cycles_manual = 3}) {
    for (int crashes = 0; crashes < 20; ++crashes) {
      try {
        Turn();
        return crashes;
      } catch (const std::runtime_error&) {
        Restart(options);
      }
    }
    return 20;
  }
  int64_t Number(Scope scope, Table table, std::string key) {
    int64_t n = -1;
    absl::Status status = runtime_->Read(scope, 0, [&](Processor&, StateView& view) {
      n = toy::NumberAt(view, table, key);
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return n;
  }
  absl::StatusOr<std::string> Command(std::string body, std::string id, std::string who = "ann") {
    return runtime_->Execute(kBack, std::move(body), {std::move(who), {}, std::move(id)}, 0);
  }
  std::vector<StoredRecord> RecordsOf(Topic topic) {
    std::vector<StoredRecord> records;
    const TopicPartition tp{topic, 0};
    EXPECT_TRUE(log_->Read(tp, log_->FirstOffset(tp), 1000, 1 << 20, &records).ok());
    return records;
  }

  ManualClock clock_{kStart};
  SimCheckpoints store_;
  toy::Behaviour behaviour_;
  toy::Performer::Sent sent_;
  toy::Performer performer_{&sent_};
  CountingMetrics metrics_;
  std::vector<std::string> alarms_;
  std::vector<std::unique_ptr<SimLog>> dead_;
  std::unique_ptr<SimLog> log_;
  std::unique_ptr<Runtime> runtime_;
};

TEST_F(RuntimeTest, EventsFlowThroughServicesAndTimersSendEffects) {
  MakeLog();
  Run();
  Send("c1", "m1");
  Send("c1", "m2");
  Send("c1", "m2");  // a duplicate from outside
  Settle();
  EXPECT_EQ(Number(kBack, Table::kCustomer, "c1"), 2);
  EXPECT_TRUE(sent_.empty());
  EXPECT_EQ(runtime_->NextTimer(), kStart + kMicrosPerHour);
  clock_.AdvanceTo(kStart + kMicrosPerHour);
  Settle();
  EXPECT_EQ(sent_, (toy::Performer::Sent{"m1#1", "m2#1"}));
  EXPECT_EQ(Number(kBack, Table::kIndex, "outcome/m1"), 1);
  EXPECT_EQ(RecordsOf(Topic::kContact).size(), 2u);
  EXPECT_EQ(metrics_.counters["dangol_toy_passed_total"], 2);
  EXPECT_EQ(runtime_->NextTimer(), kNever);
}

TEST_F(RuntimeTest, ACommandsOutcomeIsKeptByRequestIdAlsoAcrossARestart) {
  MakeLog();
  Run();
  EXPECT_EQ(*Command("add", "r1"), "1");
  EXPECT_EQ(*Command("add", "r1"), "1");
  EXPECT_EQ(*Command("add", "r2"), "2");
  EXPECT_EQ(*Command("add", ""), "3");
  EXPECT_EQ(DetailOf(Command("tell", "r1").status()).reason, "REQUEST_ID_REUSED");
  EXPECT_EQ(DetailOf(Command("add", "r1", "bob").status()).reason, "REQUEST_ID_REUSED");
  EXPECT_EQ(Command("add", "~x").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Command("fail", "r3").status().message(), "as asked");
  Restart();
  EXPECT_EQ(*Command("add", "r1"), "1");
  EXPECT_EQ(Command("fail", "r3").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Number(kBack, Table::kShared, "sum"), 3);
}

TEST_F(RuntimeTest, OutcomesAreForgottenAfterADay) {
  MakeLog();
  Run();
  EXPECT_EQ(*Command("add", "r1"), "1");
  clock_.AdvanceTo(kStart + kMicrosPerDay - 1);
  Settle();
  EXPECT_EQ(*Command("add", "r1"), "1");
  clock_.AdvanceTo(kStart + kMicrosPerDay);
  Settle();
  EXPECT_EQ(*Command("add", "r1"), "2");
}

TEST_F(RuntimeTest, InternalMessagesReachEveryScope) {
  MakeLog({.partitions = 4});
  Run();
  EXPECT_EQ(*Command("tell", "r1"), "1");
  Settle();
  for (Partition p = 0; p < 4; ++p) {
    EXPECT_EQ(Number({Service::kCampaign, p}, Table::kShared, "told"), 1);
  }
}

TEST_F(RuntimeTest, NothingLeavesBeforeItIsDurable) {
  MakeLog({.partitions = 1, .faults = {.lagging_sync = true}});
  performer_.hold = true;  // an outcome's append would make everything before it durable
  Run();
  Turn();
  Send("c1", "m1");
  bool answered = false;
  Turn();
  log_->Sync();
  Turn();
  log_->Sync();
  Turn();
  clock_.AdvanceTo(kStart + kMicrosPerHour);
  Turn();
  EXPECT_TRUE(sent_.empty());
  ASSERT_TRUE(
      runtime_->Submit(kBack, "add", {"ann", {}, "r1"}, [&](auto) { answered = true; }).ok());
  // The append was durable, and with it what came before; the command's own cycle is not.
  Turn();
  EXPECT_EQ(sent_.size(), 1u);
  EXPECT_FALSE(answered);
  EXPECT_FALSE(runtime_->Idle());
  absl::Status read =
      runtime_->Read(kBack, 0, [](Processor&, StateView&) { return absl::OkStatus(); });
  EXPECT_EQ(read.code(), absl::StatusCode::kDeadlineExceeded);
  for (int i = 0; i < 5; ++i) {
    log_->Sync();
    Turn();
  }
  EXPECT_TRUE(answered);
  EXPECT_FALSE(runtime_->Idle());  // an effect is under way
  performer_.Release();
  Turn();
  log_->Sync();
  Turn();
  EXPECT_TRUE(runtime_->Idle());
}

TEST_F(RuntimeTest, WhatLeavesNothingWaitsForMoreBeforeItIsCommitted) {
  MakeLog();
  Run({.commit_delay = 1, .checkpoint_cycles_manual = 1000});
  Send("c1", "m1");
  Settle();
  const auto cycles = [this] { return metrics_.counters["dangol_cycles_total"]; };
  const auto turn = [this] { ASSERT_TRUE(runtime_->RunOnce()); };
  double before = cycles();
  Send("c1", "m1");  // again: nothing is passed on
  turn();
  Send("c1", "m1");
  turn();
  EXPECT_EQ(cycles(), before);
  Send("c1", "m2");  // passed on, with all before it
  turn();
  EXPECT_EQ(cycles(), before + 1);
  turn();  // the back counts it, and only that
  EXPECT_EQ(cycles(), before + 1);
  turn();  // nothing else is there
  EXPECT_EQ(cycles(), before + 2);

  before = cycles();
  Send("c1", "m3");
  turn();
  turn();
  EXPECT_EQ(cycles(), before + 1);
  // Who asks sees what is committed: what waited is, before that.
  EXPECT_EQ(Number(kBack, Table::kCustomer, "c1"), 3);
  EXPECT_EQ(cycles(), before + 2);

  Send("c1", "m4");
  turn();
  turn();
  Restart();
  Settle();
  EXPECT_EQ(Number(kBack, Table::kCustomer, "c1"), 4);
}

TEST_F(RuntimeTest, APoisonedRecordIsADeadLetterAndLeavesNothing) {
  MakeLog();
  Run();
  Send("c1", "m1");
  Send("c1", "poison");
  Send("c1", "m2");
  Settle();
  EXPECT_EQ(Number(kBack, Table::kCustomer, "c1"), 2);
  bool indexed = true;
  ASSERT_TRUE(runtime_
                  ->Read(kFront, 0,
                         [&](Processor&, StateView& view) {
                           indexed = view.Get(Table::kIndex, "poison") != nullptr;
                           return absl::OkStatus();
                         })
                  .ok());
  EXPECT_FALSE(indexed);
  const auto dead = RecordsOf(Topic::kDead);
  ASSERT_EQ(dead.size(), 1u);
  event::v1::DeadLetter letter;
  ASSERT_TRUE(letter.ParseFromString(dead[0].record.value));
  EXPECT_EQ(letter.value(), "poison");
  EXPECT_EQ(letter.offset(), 1u);
  EXPECT_EQ(DecodeStatus(letter.error()).message(), "poison");
  EXPECT_EQ(metrics_.counters["dangol_dead_letters_total"], 1);
  EXPECT_EQ(metrics_.counters["dangol_toy_passed_total"], 2);
}

// Another producer wrote it: none of ours appends more than half the limit.
TEST_F(RuntimeTest, ARecordOfAnySizeFromOutsideIsADeadLetterAndHaltsNothing) {
  MakeLog();
  Run();
  Send0(std::string(3 << 20, 'k'), std::string(9 << 20, 'v'));
  Send("c1", "m1");
  Settle();
  EXPECT_TRUE(runtime_->Halted().empty());
  EXPECT_EQ(Number(kBack, Table::kCustomer, "c1"), 1);
  const auto dead = RecordsOf(Topic::kDead);
  ASSERT_EQ(dead.size(), 1u);
  event::v1::DeadLetter letter;
  ASSERT_TRUE(letter.ParseFromString(dead[0].record.value));
  EXPECT_EQ(letter.value(), std::string(2 << 20, 'v'));
  EXPECT_EQ(letter.value_bytes(), 9u << 20);
  EXPECT_EQ(letter.key_bytes(), 3u << 20);
  EXPECT_EQ(dead[0].record.key, letter.key());
}

TEST_F(RuntimeTest, AnInternalPoisonHaltsItsScopeAndNoOther) {
  MakeLog();
  Run();
  Send("c1", "halt");
  Send("c1", "m1");
  Settle();
  ASSERT_EQ(runtime_->Halted().size(), 1u);
  EXPECT_EQ(alarms_, runtime_->Halted());
  EXPECT_NE(alarms_[0].find("campaign/0 halted: customer/0 record 0"), std::string::npos)
      << alarms_[0];
  EXPECT_EQ(Number(kFront, Table::kIndex, "m1"), 0);
  EXPECT_EQ(Number(kBack, Table::kCustomer, "c1"), 0);
}

TEST_F(RuntimeTest, ARecordOverTheLimitFailsItsEvent) {
  MakeLog();
  Run();
  EXPECT_EQ(DetailOf(Command("big", "r1").status()).reason, "RECORD_TOO_LARGE");
  EXPECT_EQ(Number(kBack, Table::kShared, "sum"), 0);
  auto big = runtime_->Append(Topic::kIngest, 0, {{"k", std::string(3 << 20, 'x')}});
  EXPECT_EQ(big.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(RuntimeTest, ACrashLoopEndsWithTheCulpritAsADeadLetter) {
  MakeLog();
  Run();
  Send("c1", "m1");
  Send("c1", "crash");
  Send("c1", "m2");
  const int crashes = TurnThroughCrashes();
  EXPECT_GE(crashes, 6);  // 3 of the batch, 3 of the event alone
  EXPECT_LE(crashes, 8);
  Settle();
  EXPECT_EQ(Number(kBack, Table::kCustomer, "c1"), 2);
  ASSERT_EQ(RecordsOf(Topic::kDead).size(), 1u);
  Restart();
  Send("c1", "m3");
  Settle();
  EXPECT_EQ(Number(kBack, Table::kCustomer, "c1"), 3);
}

// Regression: who was in the middle of something, too, whenever another crashed the process, was
// blamed and halted.
TEST_F(RuntimeTest, ACrashLoopCostsNoOtherScope) {
  MakeLog();
  Run();
  Send("c1", "m1");
  while (log_->EndOffset({Topic::kCustomer, 0}) == 0) runtime_->RunOnce();
  Send("c1", "crash");
  EXPECT_LE(TurnThroughCrashes(), 8);
  Settle();
  EXPECT_TRUE(runtime_->Halted().empty()) << runtime_->Halted().front();
  EXPECT_EQ(Number(kBack, Table::kCustomer, "c1"), 1);
  EXPECT_EQ(RecordsOf(Topic::kDead).size(), 1u);
}

TEST_F(RuntimeTest, ACrashLoopOfLargeCyclesIsSearchedInSmallOnes) {
  const RuntimeOptions options{.cycle_max_events = 64 << 10, .checkpoint_cycles_manual = 3};
  MakeLog();
  Run(options);
  for (int i = 0; i < 4'200; ++i) Send("c1", absl::StrCat("m", i));
  Send("c1", "crash");
  EXPECT_LE(TurnThroughCrashes(options), 8);
  Settle();
  EXPECT_EQ(Number(kBack, Table::kCustomer, "c1"), 4'200);
  EXPECT_EQ(RecordsOf(Topic::kDead).size(), 1u);
  // Two for each event behind the first batch; not for each event of that batch.
  EXPECT_LT(metrics_.counters["dangol_cycles_total"], 1'000);
}

// Where a crashed batch began was told by offsets, and the gaps before an idle input's end move on.
TEST_F(RuntimeTest, ACrashLoopEndsThoughGapsGrowInEveryInput) {
  MakeLog({.partitions = 1, .gaps = 1});
  Run();
  Send("c1", "crash");
  int crashes = 0;
  for (; crashes < 20; ++crashes) {
    try {
      Turn();
      break;
    } catch (const std::runtime_error&) {
      log_->SetFaults({.append_unavailable = 1, .append_unavailable_written = 0});
      for (const Topic topic : {Topic::kIngest, InboxOf(Service::kProfile)}) {
        EXPECT_FALSE(log_->Append({topic, 0}, {MakeToRefuse()}).ok());
      }
      log_->SetFaults({});
      Restart();
    }
  }
  EXPECT_LE(crashes, 8);
  EXPECT_EQ(RecordsOf(Topic::kDead).size(), 1u);
}

TEST_F(RuntimeTest, AnEndOfGapsIsIdleAndSealedInTime) {
  MakeLog({.partitions = 1, .gaps = 1});
  Run();
  Send("c1", "m1");
  Settle();  // each commit has left gaps behind
  EXPECT_EQ(Number(kBack, Table::kCustomer, "c1"), 1);
  const TopicPartition inbox{InboxOf(Service::kProfile), 0};
  log_->SetFaults({.append_unavailable = 1, .append_unavailable_written = 0});
  EXPECT_FALSE(log_->Append(inbox, {MakeToRefuse()}).ok());
  log_->SetFaults({});
  EXPECT_FALSE(runtime_->Idle());
  Settle();
  const auto sealed = [&] {
    const std::optional<Seal> held = store_.SealOf(kFront).value();
    return log_->Replay(kFront, held ? held->cycle : 0, [](const auto&, const Seal&) {}).value();
  };
  EXPECT_LT(sealed().next_offsets[inbox.topic], log_->EndOffset(inbox));
  clock_.AdvanceTo(clock_.Now() + 2 * kMicrosPerHour);
  Settle();
  EXPECT_EQ(sealed().next_offsets[inbox.topic], log_->EndOffset(inbox));
  const uint64_t cycle = sealed().cycle;
  clock_.AdvanceTo(clock_.Now() + 2 * kMicrosPerHour);
  Settle();
  EXPECT_EQ(sealed().cycle, cycle);
}

TEST_F(RuntimeTest, ALostRecordHaltsItsReader) {
  MakeLog({.partitions = 1, .gaps = 1});
  Send0("c1", "m1");
  log_->LoseRecord({Topic::kIngest, 0}, Send0("c1", "m2"));
  Run();
  Turn();
  ASSERT_EQ(runtime_->Halted().size(), 1u);
  EXPECT_NE(runtime_->Halted()[0].find("is lost"), std::string::npos) << runtime_->Halted()[0];
}

TEST_F(RuntimeTest, AnEffectLostWithItsProcessIsRecoveredAsUnknownOnce) {
  MakeLog();
  performer_.hold = true;
  Run();
  Send("c1", "m1");
  Settle();
  clock_.AdvanceTo(kStart + kMicrosPerHour);
  Turn();
  EXPECT_EQ(sent_.size(), 1u);
  EXPECT_FALSE(runtime_->Idle());
  performer_.hold = false;
  Restart();
  Settle();
  EXPECT_EQ(performer_.recovered, 1u);
  EXPECT_EQ(sent_.size(), 1u);
  EXPECT_EQ(Number(kBack, Table::kIndex, "outcome/m1"), 1);
}

TEST_F(RuntimeTest, ALostScopeIsDroppedWithWhatItComputed) {
  MakeLog();
  Run();
  Send("c1", "m1");
  Settle();
  auto other = log_->NewInstance();
  ASSERT_TRUE(other->Own(Service::kCampaign).ok());
  log_->TransferTo(kBack, *other);
  EXPECT_EQ(Command("add", "r1").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(runtime_->Owned(), std::vector<Scope>{kFront});
}

// The next owner finds it in the ledger; here it was started once more when its commit was durable.
TEST_F(RuntimeTest, BugAnEffectStartedAfterItsScopeWasLost) {
  MakeLog();
  Run();
  Send("c1", "m1");
  Settle();
  log_->SetFaults({.lagging_sync = true});
  clock_.AdvanceTo(kStart + kMicrosPerHour);
  Turn();  // committed, not durable
  auto other = log_->NewInstance();
  ASSERT_TRUE(other->Own(Service::kCampaign).ok());
  log_->TransferTo(kBack, *other);
  Turn();
  EXPECT_EQ(runtime_->Owned(), std::vector<Scope>{kFront});
  log_->Sync();
  Turn();
  EXPECT_TRUE(sent_.empty());
  EXPECT_TRUE(runtime_->Idle());
}

class SlowToReplay final : public SimLog {
 public:
  using SimLog::SimLog;
  absl::StatusOr<Seal> Replay(Scope scope, uint64_t after, const ReplayFn& fn) override {
    if (refusals-- > 0) return absl::UnavailableError("a transaction is still open");
    return SimLog::Replay(scope, after, fn);
  }
  int refusals = 0;
};

TEST_F(RuntimeTest, AScopeThatCannotBeLoadedYetIsTriedAgain) {
  auto log = std::make_unique<SlowToReplay>(SimLog::Options{.partitions = 1});
  log->refusals = 4;  // each of the two scopes twice
  log_ = std::move(log);
  Run();
  EXPECT_EQ(runtime_->Halted().size(), 2u);
  EXPECT_TRUE(alarms_.empty());
  Send("c1", "m1");
  Turn();
  Settle();
  EXPECT_TRUE(runtime_->Halted().empty()) << runtime_->Halted().front();
  EXPECT_EQ(Number(kBack, Table::kCustomer, "c1"), 1);
}

TEST_F(RuntimeTest, TooMuchLagRefusesAppends) {
  MakeLog();
  RuntimeOptions options;
  options.drive = Drive::kManual;
  options.lag_limit_records = 10;
  options.cycle_max_events = 1;
  runtime_ =
      std::make_unique<Runtime>(log_.get(), &store_, &clock_, toy::Specs(&behaviour_), options);
  ASSERT_TRUE(runtime_->Start().ok());
  // What has arrived counts at once, whether or not a worker has turned since.
  for (int i = 0; i < 11; ++i) Send("c", absl::StrCat("m", i));
  auto refused = runtime_->Append(Topic::kIngest, 0, {{"c", "late"}});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  Settle();
  EXPECT_TRUE(runtime_->Append(Topic::kIngest, 0, {{"c", "late"}}).ok());
}

TEST_F(RuntimeTest, DaysTopicsAreTrimmedBelowRetentionAndReaders) {
  MakeLog();
  Run();
  Send("c1", "m1");
  Settle();
  clock_.AdvanceTo(kStart + 8 * kMicrosPerDay);
  Send("c1", "m2");
  Settle();
  runtime_->TrimNow();
  EXPECT_EQ(log_->FirstOffset({Topic::kIngest, 0}), 1u);
  EXPECT_EQ(log_->FirstOffset({Topic::kCustomer, 0}), 0u);  // kept for ever
  Restart();
  Settle();
  EXPECT_EQ(Number(kBack, Table::kCustomer, "c1"), 2);
}

}  // namespace
}  // namespace dangol
