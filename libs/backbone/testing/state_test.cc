// State against every log and checkpoint store: what it holds is what was put into it, in memory,
// evicted, checkpointed, replayed or crashed.
#include "libs/backbone/state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "libs/backbone/testing/conformance.h"
#include "libs/base/rng.h"

namespace dangol {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Scope kScope{Service::kSegmentation, 2};
constexpr TopicPartition kOut{Topic::kSegment, 2};

class StateConformance : public testing::TestWithParam<Backbone> {
 protected:
  void SetUp() override { backbone_ = GetParam().make(1, false); }
  Log& log() { return backbone_->log(); }
  CheckpointStore& store() { return backbone_->store(); }

  std::unique_ptr<State> Acquire(size_t limit = 0) {
    OwnAll(log());
    auto state = State::Acquire(kScope, log(), store(), {limit});
    EXPECT_TRUE(state.ok()) << state.status();
    return *std::move(state);
  }
  void Commit(State& state) {
    ScopeCycle part = MakePart(kScope, state.seal().cycle + 1);
    part.changes = state.TakeChanges(part.seal);
    const CommitResult result = CommitUntilOk(log(), {part});
    ASSERT_THAT(result.lost, IsEmpty());
    backbone_->AwaitDurable(result.ticket);
  }
  void WriteCheckpoint(State& state) {
    ASSERT_TRUE(store().Ingest({{state.CutCheckpoint()}}).ok());
    state.MarkCheckpointed(state.seal().cycle);
  }
  static std::string Dump(State& state, Table table, absl::string_view from = "") {
    std::string text;
    state.Scan(table, from, [&](absl::string_view key, absl::string_view value) {
      absl::StrAppend(&text, key, "=", value.substr(0, 8), " ");
      return true;
    });
    return text;
  }
  // Customers that changed after the cycle; "-": gone.
  static std::string Changed(State& state, uint64_t since, absl::string_view from = "") {
    std::string text;
    state.ScanChanged(Table::kCustomer, from, since, [&](absl::string_view key, auto value) {
      absl::StrAppend(&text, key, value ? "=" : "-", value.value_or("").substr(0, 8), " ");
      return true;
    });
    return text;
  }
  std::unique_ptr<BackboneUnderTest> backbone_;
};
INSTANTIATE_TEST_SUITE_P(All, StateConformance, testing::ValuesIn(Backbones()),
                         [](const auto& info) { return info.param.name; });

TEST_P(StateConformance, TablesAreSeparateAndScannedInKeyOrder) {
  std::unique_ptr<State> state = Acquire();
  for (int t = 0; t < kTables; ++t) {
    const auto table = static_cast<Table>(t);
    for (const char* key : {"c", "a", "d", "b"}) state->Put(table, key, absl::StrCat(t));
    state->Delete(table, "d");
    state->Delete(table, "never there");
    EXPECT_EQ(state->size(table), 3u);
    EXPECT_EQ(Dump(*state, table), absl::StrCat("a=", t, " b=", t, " c=", t, " "));
    EXPECT_EQ(Dump(*state, table, "b"), absl::StrCat("b=", t, " c=", t, " "));
    state->Put(table, "aa", "new");  // after the scan sorted the keys
    state->Delete(table, "a");
    EXPECT_EQ(Dump(*state, table), absl::StrCat("aa=new b=", t, " c=", t, " "));
    EXPECT_EQ(state->Get(table, "a"), nullptr);
    EXPECT_EQ(*state->Get(table, "aa"), "new");
  }
}

TEST_P(StateConformance, ACyclesChangesAreTheLastOfEachKeyInKeyOrder) {
  std::unique_ptr<State> state = Acquire();
  state->Put(Table::kTimer, "t", "1");
  state->Put(Table::kCustomer, "b", "1");
  state->Put(Table::kCustomer, "a", "1");
  state->Put(Table::kCustomer, "b", "2");
  const std::vector<Change> changes = state->TakeChanges(MakePart(kScope, 1).seal);
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(changes[0].key, "a");
  EXPECT_EQ(changes[1].key, "b");
  EXPECT_EQ(changes[1].value, "2");
  EXPECT_EQ(changes[2].table, Table::kTimer);
  EXPECT_THAT(state->TakeChanges(MakePart(kScope, 2).seal), IsEmpty());
  state->Delete(Table::kCustomer, "a");
  const std::vector<Change> deleted = state->TakeChanges(MakePart(kScope, 3).seal);
  ASSERT_EQ(deleted.size(), 1u);
  EXPECT_EQ(deleted[0].value, std::nullopt);
  EXPECT_EQ(state->seal().cycle, 3u);
}

TEST_P(StateConformance, TellsWhatChangedSinceACycle) {
  std::unique_ptr<State> state = Acquire();
  for (const char* key : {"a", "b", "c", "d"}) state->Put(Table::kCustomer, key, "1");
  Commit(*state);
  state->Put(Table::kCustomer, "b", "2");
  Commit(*state);
  state->Delete(Table::kCustomer, "c");
  Commit(*state);
  EXPECT_EQ(Changed(*state, 0), "a=1 b=2 c- d=1 ");
  EXPECT_EQ(Changed(*state, 1), "b=2 c- ");
  EXPECT_EQ(Changed(*state, 1, "c"), "c- ");
  EXPECT_EQ(Changed(*state, 3), "");
  backbone_->Reopen();
  state = Acquire();
  EXPECT_EQ(Changed(*state, 1), "b=2 c- ") << "as the changelog has it";
  EXPECT_EQ(Changed(*state, 2), "c- ");
}

// It holds everything up to its cycle, and not when that changed.
TEST_P(StateConformance, WhatACheckpointHoldsCountsAsChangedByThen) {
  std::unique_ptr<State> state = Acquire();
  for (const char* key : {"a", "b", "c", "d"}) state->Put(Table::kCustomer, key, "1");
  Commit(*state);
  state->Delete(Table::kCustomer, "c");
  Commit(*state);
  WriteCheckpoint(*state);
  state->Put(Table::kCustomer, "d", "2");
  Commit(*state);
  const auto check = [&] {
    EXPECT_EQ(Changed(*state, 1), "a=1 b=1 d=2 ");
    EXPECT_EQ(Changed(*state, 2), "d=2 ");
    EXPECT_EQ(Changed(*state, 3), "");
  };
  check();
  backbone_->Reopen();
  state = Acquire();
  check();
  backbone_->Reopen();
  state = Acquire(1);  // what a checkpoint holds is on the disk only
  check();
}

TEST_P(StateConformance, ReplayGivesTheSameState) {
  std::unique_ptr<State> state = Acquire();
  state->Put(Table::kCustomer, "a", "1");
  state->Put(Table::kIndex, "i", "1");
  Commit(*state);
  WriteCheckpoint(*state);
  ASSERT_TRUE(log().TrimChangelog(kScope, 1).ok());
  state->Put(Table::kCustomer, "b", "2");
  state->Delete(Table::kIndex, "i");
  Commit(*state);
  state->Put(Table::kCustomer, "lost", "never committed");
  backbone_->Reopen();
  std::unique_ptr<State> again = Acquire();
  EXPECT_EQ(again->seal(), MakePart(kScope, 2).seal);
  EXPECT_EQ(Dump(*again, Table::kCustomer), "a=1 b=2 ");
  EXPECT_EQ(Dump(*again, Table::kIndex), "");
  EXPECT_GT(again->dirty_bytes(), 0u);  // the replayed part is in no checkpoint
  WriteCheckpoint(*again);
  EXPECT_EQ(again->dirty_bytes(), 0u);
  EXPECT_EQ(store().Get(kScope, Table::kIndex, "i").value(), std::nullopt);
}

TEST_P(StateConformance, ACheckpointMakesCleanOnlyWhatHasNotChangedSince) {
  std::unique_ptr<State> state = Acquire();
  state->Put(Table::kCustomer, "a", "1");
  state->Put(Table::kCustomer, "b", "1");
  Commit(*state);
  const Checkpoint::Part cut = state->CutCheckpoint();
  state->Put(Table::kCustomer, "b", "2");
  Commit(*state);
  state->Delete(Table::kCustomer, "a");  // not committed yet
  ASSERT_TRUE(store().Ingest({{cut}}).ok());
  state->MarkCheckpointed(cut.seal.cycle);
  const Checkpoint::Part next = state->CutCheckpoint();
  ASSERT_EQ(next.changes.size(), 2u);
  EXPECT_EQ(next.changes[0].value, std::nullopt);
  EXPECT_EQ(next.changes[1].value, "2");
}

TEST_P(StateConformance, EvictedRecordsAreReadFromTheCheckpoint) {
  constexpr size_t kLimit = 20'000;
  std::unique_ptr<State> state = Acquire(kLimit);
  const auto key = [](int i) { return absl::StrCat("customer ", 1000 + i); };
  for (int i = 0; i < 300; ++i) state->Put(Table::kCustomer, key(i), std::string(200, 'a'));
  state->Put(Table::kShared, "stays", "s");
  Commit(*state);
  EXPECT_GT(state->memory_bytes(), kLimit) << "dirty records are never evicted";
  WriteCheckpoint(*state);
  EXPECT_LE(state->memory_bytes(), kLimit);
  EXPECT_EQ(state->size(Table::kCustomer), 300u);
  for (int i = 0; i < 300; i += 7) {
    if (i % 2 == 0) state->Put(Table::kCustomer, key(i), "changed");
    if (i % 2 == 1) state->Delete(Table::kCustomer, key(i));
  }
  state->Put(Table::kCustomer, key(500), "added");
  const auto check = [&](State& s) {
    std::string want;
    for (int i = 0; i < 300; ++i) {
      const std::string value = i % 7 != 0 ? "aaaaaaaa" : i % 2 == 0 ? "changed" : "";
      if (!value.empty()) absl::StrAppend(&want, key(i), "=", value, " ");
    }
    EXPECT_EQ(Dump(s, Table::kCustomer), absl::StrCat(want, key(500), "=added "));
    EXPECT_EQ(s.size(Table::kCustomer), 300u - 21 + 1);
    EXPECT_EQ(s.Get(Table::kCustomer, key(7)), nullptr);
    ASSERT_NE(s.Get(Table::kCustomer, key(14)), nullptr);
    EXPECT_EQ(*s.Get(Table::kCustomer, key(14)), "changed");
    EXPECT_EQ(*s.Get(Table::kCustomer, key(1)), std::string(200, 'a'));
    EXPECT_EQ(*s.Get(Table::kShared, "stays"), "s");
    EXPECT_EQ(s.status(), absl::OkStatus());
  };
  check(*state);
  Commit(*state);
  check(*state);
  WriteCheckpoint(*state);
  check(*state);
  backbone_->Reopen();
  std::unique_ptr<State> again = Acquire(kLimit);
  EXPECT_LE(again->memory_bytes(), kLimit + 1000);
  check(*again);
}

TEST_P(StateConformance, AScanInChunksGoesOnWhereItStopped) {
  std::unique_ptr<State> state = Acquire(5'000);
  for (int i = 0; i < 100; ++i) {
    state->Put(Table::kCustomer, absl::StrCat(1000 + i), std::string(50, 'v'));
  }
  Commit(*state);
  WriteCheckpoint(*state);
  std::vector<std::string> seen;
  for (std::string from; true; from = seen.back() + '\0') {
    const size_t before = seen.size();
    state->Scan(Table::kCustomer, from, [&](absl::string_view key, absl::string_view) {
      seen.emplace_back(key);
      return seen.size() - before < 7;
    });
    if (seen.size() == before) break;
    state->Get(Table::kCustomer, "1099");
  }
  ASSERT_EQ(seen.size(), 100u);
  EXPECT_EQ(seen.front(), "1000");
  EXPECT_EQ(seen.back(), "1099");
}

TEST_P(StateConformance, ACheckpointThatIsNotOfThisLogHalts) {
  const auto status = [&] {
    OwnAll(log());
    return State::Acquire(kScope, log(), store(), {}).status();
  };
  std::unique_ptr<State> state = Acquire();
  Commit(*state);
  Seal other = MakePart(kScope, 1).seal;
  other.now += 1;
  ASSERT_TRUE(store().Ingest({{{kScope, other, {}}}}).ok());
  EXPECT_TRUE(absl::IsDataLoss(status())) << "another log's cycle 1";
  ASSERT_TRUE(store().Ingest({{{kScope, MakePart(kScope, 7).seal, {}}}}).ok());
  EXPECT_TRUE(absl::IsDataLoss(status())) << "ahead of the log";
  ASSERT_TRUE(store().Drop(kScope).ok());
  EXPECT_EQ(status(), absl::OkStatus());
  Commit(*state);
  ASSERT_TRUE(log().TrimChangelog(kScope, 1).ok());
  EXPECT_TRUE(!GetParam().local || absl::IsDataLoss(status()))
      << "a checkpoint that the log needs is missing";
}

// Random cycles of three scopes with checkpoints, trims, appends, repeated commits, evictions,
// crashes and reopenings between them, against a model of maps and lists.
class Model {
 public:
  struct World {
    std::map<Scope, std::map<std::string, std::string>> tables;
    std::map<Scope, uint64_t> cycles;
    std::map<TopicPartition, std::vector<std::string>> topics;
  };
  const World& now() const { return history_.back(); }
  World Next() const { return history_.back(); }
  void Written(World world, uint64_t ticket) {
    history_.push_back(std::move(world));
    tickets_.push_back(ticket);
  }
  void AllDurable() { durable_ = history_.size() - 1; }
  void DurableUpTo(uint64_t ticket) {
    while (durable_ + 1 < history_.size() && tickets_[durable_ + 1] <= ticket) ++durable_;
  }
  // What was written is now a prefix of the history, no shorter than what was durable.
  ::testing::AssertionResult CutTo(const std::function<bool(const World&)>& same) {
    for (size_t n = history_.size(); n-- > durable_;) {
      if (!same(history_[n])) continue;
      history_.resize(n + 1);
      tickets_.resize(n + 1);
      AllDurable();
      return ::testing::AssertionSuccess();
    }
    return ::testing::AssertionFailure()
           << "not a state between " << durable_ << " and " << history_.size() - 1 << " writes";
  }

 private:
  std::vector<World> history_ = {World{}};
  std::vector<uint64_t> tickets_ = {0};
  size_t durable_ = 0;
};

class RandomRun {
 public:
  RandomRun(const Backbone& backbone, uint64_t seed)
      : rng_(seed),
        local_(backbone.local),
        dense_(backbone.dense),
        backbone_(backbone.make(seed, true)) {
    AcquireAll();
  }

  void Step() {
    const uint64_t dice = rng_.Below(100);
    if (dice < 60) return CommitSome();
    if (dice < 65) return OfferAgain();
    if (dice < 75) return AppendSome();
    if (dice < 88) return WriteCheckpoint();
    if (dice < 92) return TrimSomeTopic();
    Restart(dice < 97);
  }

 private:
  static constexpr Scope kScopes[] = {
      {Service::kProfile, 0}, {Service::kProfile, 1}, {Service::kOffer, 1}};
  static constexpr TopicPartition kTopicsUsed[] = {{Topic::kSegment, 0}, {Topic::kContact, 1}};

  Log& log() { return backbone_->log(); }
  std::string RandomKey() { return absl::StrCat("k", rng_.Below(40)); }

  void AcquireAll() {
    OwnAll(log());
    for (const Scope scope : kScopes) {
      auto state = State::Acquire(scope, log(), backbone_->store(), {3000});
      ASSERT_TRUE(state.ok()) << state.status();
      states_[scope] = *std::move(state);
    }
  }

  void ChangeSome(Scope scope, std::map<std::string, std::string>* table) {
    for (uint64_t n = rng_.Below(6); n > 0; --n) {
      const std::string key = RandomKey();
      if (rng_.Chance(0.3)) {
        states_[scope]->Delete(Table::kCustomer, key);
        table->erase(key);
      } else {
        const std::string value = absl::StrCat(rng_.Next(), std::string(rng_.Below(150), 'x'));
        states_[scope]->Put(Table::kCustomer, key, value);
        (*table)[key] = value;
      }
    }
  }

  void CommitSome() {
    Cycle cycle;
    Model::World world = model_.Next();
    for (const Scope scope : kScopes) {
      if (rng_.Chance(0.4)) continue;
      ChangeSome(scope, &world.tables[scope]);
      ScopeCycle part = MakePart(scope, ++world.cycles[scope]);
      for (uint64_t n = rng_.Below(4); n > 0; --n) {
        const TopicPartition to = kTopicsUsed[rng_.Below(2)];
        world.topics[to].push_back(absl::StrCat(rng_.Next()));
        part.emits.push_back({to, MakeRecord("k", world.topics[to].back())});
      }
      part.changes = states_[scope]->TakeChanges(part.seal);
      cycle.push_back(std::move(part));
    }
    if (cycle.empty()) return;
    const CommitResult result = CommitUntilOk(log(), cycle);
    ASSERT_THAT(result.lost, IsEmpty());
    model_.Written(std::move(world), result.ticket);
    last_ = std::move(cycle);
    last_ticket_ = result.ticket;
    Check();
  }

  void OfferAgain() {
    if (last_.empty()) return;
    const uint64_t ticket = CommitUntilOk(log(), last_).ticket;
    EXPECT_TRUE(!local_ || ticket == last_ticket_);
    Check();
  }

  void AppendSome() {
    Model::World world = model_.Next();
    const TopicPartition to = kTopicsUsed[rng_.Below(2)];
    world.topics[to].push_back(absl::StrCat(rng_.Next()));
    ASSERT_TRUE(log().Append(to, {MakeRecord("k", world.topics[to].back())}).ok());
    model_.Written(std::move(world), 0);
    model_.AllDurable();
  }

  void WriteCheckpoint() {
    backbone_->AwaitDurable(last_ticket_);
    Checkpoint checkpoint;
    for (const Scope scope : kScopes) {
      if (states_[scope]->seal().cycle == 0 || rng_.Chance(0.3)) continue;
      checkpoint.parts.push_back(states_[scope]->CutCheckpoint());
    }
    ASSERT_TRUE(backbone_->store().Ingest(checkpoint).ok());
    if (rng_.Chance(0.2)) return Restart(true);  // dies between the ingest and the mark
    for (const Checkpoint::Part& part : checkpoint.parts) {
      states_[part.scope]->MarkCheckpointed(part.seal.cycle);
      if (rng_.Chance(0.3)) continue;
      ASSERT_TRUE(log().TrimChangelog(part.scope, part.seal.cycle).ok());
    }
    Check();
  }

  void TrimSomeTopic() {
    backbone_->AwaitDurable(last_ticket_);
    const TopicPartition tp = kTopicsUsed[rng_.Below(2)];
    ASSERT_TRUE(log().TrimTopic(tp, rng_.Below(log().EndOffset(tp) + 1)).ok());
    Check();
  }

  void Restart(bool crash) {
    model_.DurableUpTo(log().DurableTicket());
    if (!crash) model_.AllDurable();
    states_.clear();
    crash ? backbone_->Crash() : backbone_->Reopen();
    AcquireAll();
    ASSERT_TRUE(model_.CutTo([&](const Model::World& world) { return SameEnds(world); }));
    last_.clear();
    last_ticket_ = 0;
    Check();
  }

  bool SameEnds(const Model::World& world) {
    for (const auto& [scope, state] : states_) {
      const auto it = world.cycles.find(scope);
      if (state->seal().cycle != (it == world.cycles.end() ? 0 : it->second)) return false;
    }
    for (const TopicPartition tp : kTopicsUsed) {
      const auto it = world.topics.find(tp);
      const std::vector<std::string> all =
          it == world.topics.end() ? std::vector<std::string>() : it->second;
      if (ValuesOf(log(), tp) != Kept(tp, all)) return false;
    }
    return true;
  }

  void Check() {
    Model::World world = model_.now();
    for (const auto& [scope, state] : states_) {
      std::map<std::string, std::string> rows;
      state->Scan(Table::kCustomer, "", [&](absl::string_view key, absl::string_view value) {
        return rows.emplace(key, value).second;
      });
      ASSERT_EQ(rows, world.tables[scope]) << ToString(scope);
      ASSERT_EQ(state->size(Table::kCustomer), rows.size());
      ASSERT_EQ(state->status(), absl::OkStatus());
      const std::string key = RandomKey();
      const std::string* value = state->Get(Table::kCustomer, key);
      ASSERT_EQ(value == nullptr ? "" : *value, world.tables[scope][key]);
    }
    for (const TopicPartition tp : kTopicsUsed) {
      const std::vector<std::string>& all = world.topics[tp];
      const std::vector<StoredRecord> records = RecordsOf(log(), tp);
      ASSERT_EQ(ValuesOf(log(), tp), Kept(tp, all));
      offsets_[tp].resize(all.size() - records.size());
      for (const StoredRecord& stored : records) offsets_[tp].push_back(stored.offset);
      ASSERT_TRUE(!dense_ || offsets_[tp].empty() || offsets_[tp].back() + 1 == all.size());
      ASSERT_TRUE(std::is_sorted(offsets_[tp].begin(), offsets_[tp].end()));
    }
  }

  // Those of `all` that were not trimmed.
  std::vector<std::string> Kept(TopicPartition tp, const std::vector<std::string>& all) {
    const std::vector<uint64_t>& offsets = offsets_[tp];
    const auto kept = std::lower_bound(offsets.begin(), offsets.end(), log().FirstOffset(tp));
    const auto trimmed = std::min<size_t>(kept - offsets.begin(), all.size());
    return {all.begin() + static_cast<ptrdiff_t>(trimmed), all.end()};
  }

  Rng rng_;
  const bool local_, dense_;
  std::unique_ptr<BackboneUnderTest> backbone_;
  std::map<Scope, std::unique_ptr<State>> states_;
  std::map<TopicPartition, std::vector<uint64_t>> offsets_;  // of the records of the model
  Model model_;
  Cycle last_;
  uint64_t last_ticket_ = 0;
};

TEST_P(StateConformance, RandomRunsAgreeWithAModel) {
  for (uint64_t seed = 1; seed <= GetParam().random_runs && !HasFailure(); ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    RandomRun run(GetParam(), seed);
    for (int step = 0; step < GetParam().random_steps && !HasFailure(); ++step) {
      SCOPED_TRACE(absl::StrCat("step ", step));
      run.Step();
    }
  }
}

}  // namespace
}  // namespace dangol
