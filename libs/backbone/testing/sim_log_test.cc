// The faults of the simulated log: each is what the contract allows, and no more.
#include "libs/backbone/testing/sim_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "libs/backbone/state.h"
#include "libs/backbone/testing/conformance.h"

namespace dangol {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Scope kA{Service::kOffer, 0};
constexpr Scope kB{Service::kOffer, 1};
constexpr TopicPartition kOut{Topic::kDecision, 1};

Emit Out(std::string value) { return {kOut, MakeRecord("k", std::move(value))}; }

TEST(SimLogTest, ARevokedScopeIsGainedByTheNextWhoAsks) {
  SimLog log;
  OwnAll(log);
  log.Revoke(kA);
  EXPECT_THAT(CommitUntilOk(log, {MakePart(kA, 1)}).lost, ElementsAre(kA));
  EXPECT_THAT(log.Own(Service::kOffer)->lost, ElementsAre(kA));
  EXPECT_THAT(log.Own(Service::kOffer)->gained, ElementsAre(kA));
  log.Revoke(kB);
  std::unique_ptr<SimLog> other = log.NewInstance();
  EXPECT_THAT(other->Own(Service::kOffer)->gained, ElementsAre(kB));
}

TEST(SimLogTest, AnUnavailableCommitIsWrittenOnceWhenItIsOfferedUntilOk) {
  for (const bool written : {false, true}) {
    SimLog log;
    OwnAll(log);
    log.FailNextCommit(written);
    const Cycle cycle = {MakePart(kA, 1, {Out("x")})};
    EXPECT_TRUE(absl::IsUnavailable(log.Commit(cycle).status()));
    EXPECT_EQ(log.EndOffset(kOut), written ? 1u : 0u);
    CommitUntilOk(log, cycle);
    EXPECT_THAT(ValuesOf(log, kOut), ElementsAre("x"));
  }
}

TEST(SimLogTest, AnUnavailableAppendMayBeWritten) {
  SimLog::Options options;
  options.faults.append_unavailable = 1;
  options.faults.append_unavailable_written = 1;
  SimLog log(options);
  EXPECT_TRUE(absl::IsUnavailable(log.Append(kOut, {MakeRecord("", "x")}).status()));
  EXPECT_THAT(ValuesOf(log, kOut), ElementsAre("x"));
}

TEST(SimLogTest, ACrashLosesWhatWasNotSynced) {
  SimLog::Options options;
  options.faults.lagging_sync = true;
  SimLog log(options);
  OwnAll(log);
  std::vector<uint64_t> tickets;
  for (int i = 1; i <= 4; ++i) {
    tickets.push_back(CommitUntilOk(log, {MakePart(kA, i, {Out(absl::StrCat(i))})}).ticket);
  }
  EXPECT_EQ(log.DurableTicket(), 0u);
  log.SyncUpTo(tickets[1]);
  EXPECT_EQ(log.DurableTicket(), tickets[1]);
  log.CrashLosingUnsynced(/*keep_nothing=*/true);
  EXPECT_THAT(ValuesOf(log, kOut), ElementsAre("1", "2"));
  EXPECT_THAT(CommitUntilOk(log, {MakePart(kA, 3)}).lost, ElementsAre(kA)) << "a zombie";
  OwnAll(log);
  EXPECT_EQ(log.Replay(kA, 0, [](const auto&, const auto&) {}).value().cycle, 2u);
  EXPECT_THAT(CommitUntilOk(log, {MakePart(kA, 3)}).lost, IsEmpty());
  EXPECT_TRUE(log.Step());
  EXPECT_EQ(log.DurableTicket(), log.CommittedTicket());
  EXPECT_FALSE(log.Step());
}

TEST(SimLogTest, TheSameSeedFailsTheSameWay) {
  const auto run = [](uint64_t seed) {
    SimLog::Options options;
    options.seed = seed;
    options.faults = {.commit_unavailable = 0.5, .lagging_sync = true, .sync_chance = 0.5};
    SimLog log(options);
    OwnAll(log);
    std::string text;
    for (int i = 1; i <= 50; ++i) {
      absl::StrAppend(&text, log.Commit({MakePart(kA, i)}).ok(), log.DurableTicket(), " ");
      CommitUntilOk(log, {MakePart(kA, i)});
    }
    return text;
  };
  EXPECT_EQ(run(3), run(3));
  EXPECT_NE(run(3), run(4));
}

TEST(SimCheckpointsTest, LostTornAndOldCheckpointsHaltTheScope) {
  SimLog log;
  OwnAll(log);
  SimCheckpoints store;
  const auto acquire = [&] { return State::Acquire(kA, log, store, {}); };
  std::unique_ptr<State> state = *acquire();
  for (int i = 1; i <= 2; ++i) {
    state->Put(Table::kShared, absl::StrCat(i), "v");
    ScopeCycle part = MakePart(kA, i);
    part.changes = state->TakeChanges(part.seal);
    CommitUntilOk(log, {part});
    ASSERT_TRUE(store.Ingest({{state->CutCheckpoint()}}).ok());
    state->MarkCheckpointed(i);
  }
  store.RollBack(kA);
  EXPECT_EQ(acquire().value()->size(Table::kShared), 2u) << "the changelog still reaches back";
  ASSERT_TRUE(log.TrimChangelog(kA, 2).ok());
  store.Tear(kA);
  EXPECT_TRUE(absl::IsDataLoss(acquire().status()));
  store.Lose(kA);
  EXPECT_TRUE(absl::IsDataLoss(acquire().status()));
}

TEST(SimCheckpointsTest, AReadErrorOfAnEvictedRecordIsKept) {
  SimLog log;
  OwnAll(log);
  SimCheckpoints store;
  std::unique_ptr<State> state = *State::Acquire(kA, log, store, {100});
  state->Put(Table::kCustomer, "c", std::string(500, 'x'));
  ScopeCycle part = MakePart(kA, 1);
  part.changes = state->TakeChanges(part.seal);
  CommitUntilOk(log, {part});
  ASSERT_TRUE(store.Ingest({{state->CutCheckpoint()}}).ok());
  state->MarkCheckpointed(1);
  store.Tear(kA);
  EXPECT_EQ(state->status(), absl::OkStatus());
  EXPECT_EQ(state->Get(Table::kCustomer, "c"), nullptr);
  EXPECT_TRUE(absl::IsDataLoss(state->status()));
}

}  // namespace
}  // namespace dangol
