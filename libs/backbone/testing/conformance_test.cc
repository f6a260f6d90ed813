// What every log and checkpoint store must do. Runs on each of Backbones().
#include "libs/backbone/testing/conformance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

#include "absl/strings/str_cat.h"
#include "libs/base/mutex.h"

namespace dangol {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Scope kA{Service::kProfile, 0};
constexpr Scope kB{Service::kProfile, 3};
constexpr Scope kC{Service::kCampaign, 3};
constexpr TopicPartition kCustomer0{Topic::kCustomer, 0};
constexpr TopicPartition kSegment3{Topic::kSegment, 3};
constexpr TopicPartition kIngest1{Topic::kIngest, 1};

struct Conditions {
  Backbone backbone;
  bool faulty = false;
};

std::vector<Conditions> AllConditions() {
  std::vector<Conditions> all;
  for (const Backbone& backbone : Backbones()) {
    all.push_back({backbone, false});
    if (backbone.has_faults) all.push_back({backbone, true});
  }
  return all;
}

class LogConformance : public testing::TestWithParam<Conditions> {
 protected:
  void SetUp() override {
    backbone_ = GetParam().backbone.make(1, GetParam().faulty);
    OwnAll(log());
  }
  Log& log() { return backbone_->log(); }
  void Reopen() {
    backbone_->Reopen();
    OwnAll(log());
  }
  Emit To(TopicPartition tp, std::string value) { return {tp, MakeRecord("k", std::move(value))}; }
  std::vector<Change> Replayed(Scope scope, uint64_t after = 0) {
    std::vector<Change> all;
    uint64_t cycle = after;
    const absl::StatusOr<Seal> last =
        log().Replay(scope, after, [&](const std::vector<Change>& changes, const Seal& seal) {
          EXPECT_EQ(seal.cycle, ++cycle);
          all.insert(all.end(), changes.begin(), changes.end());
        });
    EXPECT_TRUE(last.ok()) << last.status();
    EXPECT_EQ(last.value_or(Seal{}).cycle, cycle);
    return all;
  }
  absl::Status ReplayStatus(Scope scope, uint64_t after) {
    return log().Replay(scope, after, [](const auto&, const auto&) {}).status();
  }
  bool local() const { return GetParam().backbone.local; }
  std::unique_ptr<BackboneUnderTest> backbone_;
};
std::string NameOf(const testing::TestParamInfo<Conditions>& info) {
  return info.param.backbone.name + (info.param.faulty ? "Faulty" : "");
}
INSTANTIATE_TEST_SUITE_P(All, LogConformance, testing::ValuesIn(AllConditions()), &NameOf);

// Of logs whose scopes several processes share.
class SharedLogConformance : public LogConformance {};

std::vector<Conditions> SharedConditions() {
  std::vector<Conditions> shared = AllConditions();
  std::erase_if(shared, [](const Conditions& c) { return !c.backbone.has_instances; });
  return shared;
}
INSTANTIATE_TEST_SUITE_P(All, SharedLogConformance, testing::ValuesIn(SharedConditions()), &NameOf);

TEST_P(LogConformance, AppendedRecordsAreReadInOrderWithAllTheirFields) {
  const uint64_t second =
      log().Append(kIngest1, {MakeRecord("a", "1"), MakeRecord("b", "2")}).value();
  const uint64_t third = log().Append(kIngest1, {MakeRecord("", "")}).value();
  Reopen();
  std::vector<StoredRecord> got;
  const uint64_t read_on = log().Read(kIngest1, 0, 10, 1000, &got).value();
  ASSERT_EQ(got.size(), 3u);
  EXPECT_EQ(got[1].offset, second);
  EXPECT_EQ(got[2].offset, third);
  EXPECT_EQ(got[1].record.key, "b");
  EXPECT_EQ(got[1].record.value, "2");
  EXPECT_EQ(got[1].record.emit_time, -17);
  EXPECT_EQ(got[1].record.hops, 3u);
  EXPECT_EQ(log().EndOffset(kIngest1), read_on);
  EXPECT_EQ(log().EndOffset(kCustomer0), 0u);
  if (GetParam().backbone.dense) {
    EXPECT_EQ(std::make_tuple(second, third, read_on), std::make_tuple(1, 2, 3));
  }
}

TEST_P(LogConformance, ReadStopsAtItsLimitsButNotAtBatches) {
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(log()
                    .Append(kIngest1, {MakeRecord("", std::string(100, 'x')),
                                       MakeRecord("", std::string(100, 'y'))})
                    .ok());
  }
  const std::vector<StoredRecord> all = RecordsOf(log(), kIngest1);
  ASSERT_EQ(all.size(), 8u);
  const auto read = [&](uint64_t from, size_t max_records, size_t max_bytes, size_t want) {
    std::vector<StoredRecord> got;
    const uint64_t read_on = log().Read(kIngest1, from, max_records, max_bytes, &got).value();
    ASSERT_EQ(got.size(), want);
    ASSERT_GE(read_on, want == 0 ? from : got.back().offset + 1);
    if (want < 7) {
      // Gaps that follow are passed over, or by the next read.
      ASSERT_LE(read_on, want == 0 ? from : all[want + 1].offset);
    }
  };
  read(all[1].offset, 5, 1 << 20, 5);
  read(all[1].offset, 100, 350, 3);
  read(all[1].offset, 100, 1, 1);
  read(all[1].offset, 100, 1 << 20, 7);
  read(log().EndOffset(kIngest1), 100, 1000, 0);
}

TEST_P(LogConformance, ACycleOfSeveralScopesIsThereWhole) {
  const Cycle cycle = {
      MakePart(kA, 1, {To(kCustomer0, "a1"), To(kSegment3, "a2")},
               {MakePut(Table::kCustomer, "c", "v"), MakeDelete(Table::kTimer, "t")}),
      MakePart(kC, 1, {To(kSegment3, "c1")})};
  EXPECT_THAT(CommitUntilOk(log(), cycle).lost, IsEmpty());
  for (int round = 0; round < 2; ++round, Reopen()) {
    EXPECT_THAT(ValuesOf(log(), kCustomer0), ElementsAre("a1"));
    EXPECT_THAT(ValuesOf(log(), kSegment3), ElementsAre("a2", "c1"));
    const std::vector<Change> changes = Replayed(kA);
    ASSERT_EQ(changes.size(), 2u);
    EXPECT_EQ(changes[0].table, Table::kCustomer);
    EXPECT_EQ(changes[0].key, "c");
    EXPECT_EQ(changes[0].value, "v");
    EXPECT_EQ(changes[1].value, std::nullopt);
    EXPECT_EQ(log().Replay(kC, 0, [](const auto&, const auto&) {}).value(), cycle[1].seal);
  }
}

TEST_P(LogConformance, ABadCycleWritesNothing) {
  const TopicPartition beyond{Topic::kCustomer, kTestPartitions};
  EXPECT_TRUE(absl::IsInvalidArgument(
      log()
          .Commit({MakePart(kA, 1, {To(kCustomer0, "x")}), MakePart(kB, 1, {To(beyond, "x")})})
          .status()));
  EXPECT_TRUE(absl::IsInvalidArgument(log().Commit({MakePart(kA, 1), MakePart(kA, 2)}).status()));
  EXPECT_EQ(log().EndOffset(kCustomer0), 0u);
  EXPECT_THAT(Replayed(kA), IsEmpty());
}

TEST_P(LogConformance, ACycleOfferedAgainIsWrittenOnce) {
  const Cycle cycle = {MakePart(kA, 1, {To(kCustomer0, "x")}, {MakePut(Table::kMeta, "k", "v")}),
                       MakePart(kB, 1, {To(kCustomer0, "y")})};
  const uint64_t ticket = CommitUntilOk(log(), cycle).ticket;
  for (int round = 0; round < 2; ++round, Reopen()) {
    const CommitResult again = CommitUntilOk(log(), cycle);
    EXPECT_THAT(again.lost, IsEmpty());
    backbone_->AwaitDurable(again.ticket);
    EXPECT_TRUE(!local() || again.ticket == ticket);
    EXPECT_THAT(ValuesOf(log(), kCustomer0), ElementsAre("x", "y"));
    EXPECT_EQ(Replayed(kA).size(), 1u);
  }
}

TEST_P(LogConformance, AZombiesCycleIsLostAndTheOthersAreWritten) {
  CommitUntilOk(log(), {MakePart(kA, 1, {To(kCustomer0, "1")})});
  CommitUntilOk(log(), {MakePart(kA, 2, {To(kCustomer0, "2")})});
  for (const ScopeCycle& zombie : {
           MakePart(kA, 2, {To(kCustomer0, "other bytes")}),
           MakePart(kA, 1, {To(kCustomer0, "1")}),
           MakePart(kA, 4, {To(kCustomer0, "beyond a gap")}),
           MakePart(kA, 0),
       }) {
    EXPECT_THAT(CommitUntilOk(log(), {zombie}).lost, ElementsAre(kA)) << zombie.seal.cycle;
  }
  EXPECT_THAT(CommitUntilOk(log(), {MakePart(kA, 2, {To(kCustomer0, "no")}),
                                    MakePart(kB, 1, {To(kCustomer0, "yes")})})
                  .lost,
              ElementsAre(kA));
  Reopen();
  EXPECT_THAT(ValuesOf(log(), kCustomer0), ElementsAre("1", "2", "yes"));
}

TEST_P(LogConformance, ATrimmedOrMissingOffsetIsAnErrorNeverASkip) {
  for (int i = 1; i <= 6; ++i) {
    CommitUntilOk(log(), {MakePart(kA, i,
                                   {To(kSegment3, absl::StrCat(2 * i - 2)),
                                    To(kSegment3, absl::StrCat(2 * i - 1))})});
  }
  const std::vector<StoredRecord> all = RecordsOf(log(), kSegment3);
  ASSERT_EQ(all.size(), 12u);
  const uint64_t fifth = all[5].offset;
  const uint64_t end = log().EndOffset(kSegment3);
  ASSERT_TRUE(log().TrimTopic(kSegment3, fifth).ok());
  for (int round = 0; round < 2; ++round, Reopen()) {
    std::vector<StoredRecord> got;
    EXPECT_TRUE(absl::IsOutOfRange(log().Read(kSegment3, all[4].offset, 10, 1000, &got).status()));
    EXPECT_TRUE(absl::IsOutOfRange(log().Read(kSegment3, 0, 10, 1000, &got).status()));
    EXPECT_TRUE(absl::IsOutOfRange(log().Read(kSegment3, end + 2, 10, 1000, &got).status()));
    EXPECT_THAT(got, IsEmpty());
    EXPECT_EQ(log().FirstOffset(kSegment3), fifth);
    EXPECT_THAT(ValuesOf(log(), kSegment3), ElementsAre("5", "6", "7", "8", "9", "10", "11"));
  }
  ASSERT_TRUE(log().TrimTopic(kSegment3, all[3].offset).ok());  // trimmed already
  EXPECT_EQ(log().FirstOffset(kSegment3), fifth);
  Reopen();
  const uint64_t after_all = log().EndOffset(kSegment3);
  ASSERT_TRUE(log().TrimTopic(kSegment3, after_all).ok());
  Reopen();
  EXPECT_EQ(log().EndOffset(kSegment3), after_all);
  EXPECT_EQ(log().FirstOffset(kSegment3), after_all);
  CommitUntilOk(log(), {MakePart(kA, 7, {To(kSegment3, "12")})});
  EXPECT_THAT(ValuesOf(log(), kSegment3), ElementsAre("12"));
}

TEST_P(LogConformance, BigValuesComeBackWhole) {
  std::string big(5 << 20, '\0');
  for (size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>(i * i >> 7);
  CommitUntilOk(log(),
                {MakePart(kA, 1, {To(kCustomer0, big)}, {MakePut(Table::kShared, big, big)})});
  for (int round = 0; round < 2; ++round, Reopen()) {
    EXPECT_TRUE(ValuesOf(log(), kCustomer0) == std::vector<std::string>{big});
    const std::vector<Change> changes = Replayed(kA);
    ASSERT_EQ(changes.size(), 1u);
    EXPECT_TRUE(changes[0].key == big && changes[0].value == big);
  }
}

TEST_P(LogConformance, EmptyPartsKeepTheirSealAndEmptyCyclesAreNothing) {
  backbone_->AwaitDurable(CommitUntilOk(log(), {}).ticket);
  const ScopeCycle part = MakePart(kA, 1);
  CommitUntilOk(log(), {part});
  Reopen();
  EXPECT_EQ(log().Replay(kA, 0, [](const auto&, const auto&) {}).value(), part.seal);
  EXPECT_EQ(log().Replay(kB, 0, [](const auto&, const auto&) {}).value(), Seal{});
  EXPECT_FALSE(log().Append(kIngest1, {}).ok());
}

TEST_P(LogConformance, ReopeningAfterEachStepChangesNothing) {
  std::vector<std::string> want;
  for (int i = 1; i <= 8; ++i) {
    const std::string value = absl::StrCat("cycle ", i);
    want.push_back(value);
    EXPECT_THAT(CommitUntilOk(log(), {MakePart(kA, i, {To(kCustomer0, value)})}).lost, IsEmpty());
    Reopen();
    ASSERT_TRUE(log().Append(kCustomer0, {MakeRecord("", "outside")}).ok());
    want.push_back("outside");
    Reopen();
    ASSERT_EQ(ValuesOf(log(), kCustomer0), want);
  }
  EXPECT_EQ(log().partitions(), kTestPartitions);
}

TEST_P(LogConformance, ReopeningAfterEachStepOfHousekeepingChangesNothing) {
  for (uint64_t i = 1; i <= 6; ++i) {
    const Change put = MakePut(Table::kShared, "k", absl::StrCat(i));
    CommitUntilOk(log(), {MakePart(kA, i, {To(kSegment3, absl::StrCat(i))}, {put})});
    Reopen();
    ASSERT_TRUE(backbone_->store().Ingest({{{kA, MakePart(kA, i).seal, {put}}}}).ok());
    Reopen();
    ASSERT_TRUE(log().TrimChangelog(kA, i - 1).ok());
    Reopen();
    ASSERT_TRUE(log().TrimTopic(kSegment3, RecordsOf(log(), kSegment3).back().offset).ok());
    Reopen();
    EXPECT_EQ(backbone_->store().SealOf(kA).value(), MakePart(kA, i).seal);
    EXPECT_EQ(Replayed(kA, i - 1).size(), 1u);
    EXPECT_THAT(ValuesOf(log(), kSegment3), ElementsAre(absl::StrCat(i)));
  }
  ASSERT_TRUE(backbone_->store().Drop(kA).ok());
  Reopen();
  EXPECT_EQ(backbone_->store().SealOf(kA).value(), std::nullopt);
}

TEST_P(SharedLogConformance, AScopeTakenWithItsCycleInFlightIsLostAndTheOthersAreWritten) {
  CommitUntilOk(log(), {MakePart(kA, 1, {To(kCustomer0, "1")}), MakePart(kB, 1)});
  const Cycle in_flight = {MakePart(kA, 2, {To(kCustomer0, "zombie's")}),
                           MakePart(kB, 2, {To(kCustomer0, "b")})};
  Log* owner = backbone_->GiveAway(kA);
  const std::vector<Scope> lost = CommitUntilOk(log(), in_flight).lost;
  EXPECT_THAT(lost, Contains(kA));
  EXPECT_THAT(log().Own(kA.service)->lost, Contains(kA));
  EXPECT_EQ(owner->Replay(kA, 0, [](const auto&, const auto&) {}).value().cycle, 1u);
  EXPECT_THAT(CommitUntilOk(*owner, {MakePart(kA, 2, {To(kCustomer0, "owner's")})}).lost,
              IsEmpty());
  EXPECT_THAT(CommitUntilOk(log(), in_flight).lost, Contains(kA)) << "for ever";
  std::vector<std::string> want = {"1", "b", "owner's"};
  if (lost.size() == 2) want.erase(want.begin() + 1);  // went along
  EXPECT_EQ(ValuesOf(log(), kCustomer0), want);
}

TEST_P(LogConformance, TicketsGrowAndBecomeDurableInOrder) {
  uint64_t last = 0;
  for (int i = 1; i <= 5; ++i) {
    const uint64_t ticket = CommitUntilOk(log(), {MakePart(kA, i)}).ticket;
    EXPECT_GT(ticket, last);
    last = ticket;
  }
  backbone_->AwaitDurable(last);
  EXPECT_GE(log().DurableTicket(), last);
  backbone_->Crash();
  OwnAll(log());
  EXPECT_EQ(log().Replay(kA, 0, [](const auto&, const auto&) {}).value().cycle, 5u);
  EXPECT_TRUE(!local() || log().DurableTicket() >= last) << "tickets go on where they were";
}

TEST_P(LogConformance, AppendIsDurableWhenItReturns) {
  ASSERT_TRUE(log().Append(kIngest1, {MakeRecord("", "x")}).ok());
  backbone_->Crash();
  EXPECT_THAT(ValuesOf(log(), kIngest1), ElementsAre("x"));
}

TEST_P(LogConformance, WhatIsAppendedWithoutTheWaitIsReadAtOnceAndThereOnceDurable) {
  std::vector<Emit> records = {To(kIngest1, "a"), To({Topic::kIngest, 2}, "b"), To(kIngest1, "c")};
  const auto ticket = log().AppendAsync(std::move(records));
  ASSERT_TRUE(ticket.ok()) << ticket.status();
  if (local()) {
    EXPECT_THAT(ValuesOf(log(), kIngest1), ElementsAre("a", "c"));
  }
  ASSERT_TRUE(log().AwaitDurable(*ticket).ok());
  backbone_->Crash();
  EXPECT_THAT(ValuesOf(log(), kIngest1), ElementsAre("a", "c"));
  EXPECT_THAT(ValuesOf(log(), {Topic::kIngest, 2}), ElementsAre("b"));
  EXPECT_FALSE(log().AppendAsync({To({Topic::kIngest, kTestPartitions}, "d")}).ok());
}

TEST_P(LogConformance, ReadersAreWoken) {
  Mutex mu;
  int calls = 0;
  log().SetWakeup([&] {
    MutexLock lock(mu);
    ++calls;
  });
  ASSERT_TRUE(log().Append(kIngest1, {MakeRecord("", "x")}).ok());
  log().SetWakeup(nullptr);
  const int after = calls;  // nobody calls any more
  EXPECT_GE(after, 1);
  ASSERT_TRUE(log().Append(kIngest1, {MakeRecord("", "y")}).ok());
  EXPECT_EQ(calls, after);
}

TEST_P(LogConformance, EveryPartitionIsGainedOnce) {
  Reopen();
  const absl::StatusOr<Ownership> again = log().Own(Service::kOffer);
  ASSERT_TRUE(again.ok());
  EXPECT_THAT(again->gained, IsEmpty());
  EXPECT_THAT(again->lost, IsEmpty());
  backbone_->Reopen();
  EXPECT_EQ(log().Own(Service::kOffer)->gained.size(), kTestPartitions);
}

TEST_P(LogConformance, AChangelogReplaysFromAnyCycleItKeeps) {
  for (int i = 1; i <= 5; ++i) {
    const Cycle cycle = {MakePart(kA, i, {}, {MakePut(Table::kShared, absl::StrCat(i), "v")}),
                         MakePart(kB, i)};
    backbone_->AwaitDurable(CommitUntilOk(log(), cycle).ticket);
  }
  EXPECT_EQ(Replayed(kA, 3).size(), 2u);
  EXPECT_EQ(Replayed(kA, 5).size(), 0u);
  ASSERT_TRUE(log().TrimChangelog(kA, 3).ok());
  for (int round = 0; round < 2; ++round, Reopen()) {
    EXPECT_EQ(Replayed(kA, 3).size(), 2u);
    if (local()) {
      EXPECT_TRUE(absl::IsDataLoss(ReplayStatus(kA, 2)));
      EXPECT_TRUE(absl::IsDataLoss(ReplayStatus(kA, 0)));
    }
    EXPECT_TRUE(absl::IsDataLoss(ReplayStatus(kA, 6)));
    EXPECT_EQ(ReplayStatus(kB, 0), absl::OkStatus());
  }
  ASSERT_TRUE(log().TrimChangelog(kA, 100).ok());
  Reopen();
  EXPECT_EQ(log().Replay(kA, 5, [](const auto&, const auto&) {}).value(), MakePart(kA, 5).seal);
  EXPECT_THAT(CommitUntilOk(log(), {MakePart(kA, 6)}).lost, IsEmpty());
}

TEST_P(LogConformance, ACheckpointReplacesAndDeletesAndIsDropped) {
  CheckpointStore* store = &backbone_->store();
  EXPECT_EQ(store->SealOf(kA).value(), std::nullopt);
  const Seal one{1, 10, {{Topic::kIngest, 4}}};
  const Seal two{2, 20, {}};
  ASSERT_TRUE(
      store
          ->Ingest({{{kB, one, {MakePut(Table::kIndex, "z", "9")}},
                     {kA,
                      one,
                      {MakePut(Table::kCustomer, "a", "1"), MakePut(Table::kCustomer, "b", "2"),
                       MakePut(Table::kIndex, "a", "3")}}}})
          .ok());
  ASSERT_TRUE(
      store
          ->Ingest({{{kA,
                      two,
                      {MakeDelete(Table::kCustomer, "a"), MakePut(Table::kCustomer, "c", "")}}}})
          .ok());
  backbone_->Crash();
  store = &backbone_->store();
  EXPECT_EQ(store->SealOf(kA).value(), two);
  EXPECT_EQ(store->SealOf(kB).value(), one);
  EXPECT_EQ(store->Get(kA, Table::kCustomer, "a").value(), std::nullopt);
  EXPECT_EQ(store->Get(kA, Table::kCustomer, "c").value(), "");
  EXPECT_EQ(store->Get(kA, Table::kIndex, "a").value(), "3");
  std::vector<std::string> keys;
  ASSERT_TRUE(store
                  ->Scan(kA, Table::kCustomer, "b",
                         [&](auto key, auto) {
                           keys.emplace_back(key);
                           return true;
                         })
                  .ok());
  EXPECT_THAT(keys, ElementsAre("b", "c"));
  ASSERT_TRUE(store->Drop(kA).ok());
  EXPECT_EQ(store->SealOf(kA).value(), std::nullopt);
  EXPECT_EQ(store->Get(kA, Table::kIndex, "a").value(), std::nullopt);
  EXPECT_EQ(store->Get(kB, Table::kIndex, "z").value(), "9");
}

}  // namespace
}  // namespace dangol
