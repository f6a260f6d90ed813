#include "libs/online/scope_queue.h"

#include "gtest/gtest.h"

namespace dangol::online {
namespace {

Entry Value(const std::string& key, uint64_t offset, const std::string& value = "v") {
  return {.key = key, .value = value, .offset = offset};
}
Mark Complete(uint64_t offset, const std::string& token = "t") {
  return {"log", token, offset, true};
}

// A queue of which the store has everything up to 10.
ScopeQueue Current() {
  ScopeQueue queue("log");
  EXPECT_TRUE(queue.Checked(Complete(10)));
  EXPECT_TRUE(queue.Finish(queue.need()->ticket, 10));
  EXPECT_TRUE(queue.current());
  return queue;
}

TEST(ScopeQueueTest, NewScopeRewritesWhatChangedSinceItsMark) {
  ScopeQueue queue("log");
  EXPECT_FALSE(queue.has_batch());
  EXPECT_FALSE(queue.need());
  ASSERT_TRUE(queue.Checked(Complete(10)));
  ASSERT_TRUE(queue.need());
  EXPECT_FALSE(queue.need()->all);
  EXPECT_EQ(queue.need()->since, 10u);
}

TEST(ScopeQueueTest, AnythingElseIsNoMark) {
  for (const std::optional<Mark>& mark :
       {std::optional<Mark>(), {Mark{"other", "t", 10, true}}, {Mark{"log", "t", 0, false}}}) {
    ScopeQueue queue("log");
    EXPECT_FALSE(queue.Checked(mark));
    EXPECT_FALSE(queue.checked());
    queue.Begun("mine");
    EXPECT_TRUE(queue.need()->all);
  }
}

TEST(ScopeQueueTest, CoalescesByKeyAndKeepsTheLatest) {
  ScopeQueue queue = Current();
  queue.Put(Value("a", 12, "two"));
  queue.Put(Value("a", 11, "one"));
  queue.Put(Value("b", 11));
  queue.Put(Value("b", 12, "new"));
  EXPECT_EQ(queue.pending(), 2u);
  auto batch = queue.Take();
  ASSERT_EQ(batch.entries.size(), 2u);
  EXPECT_EQ(queue.bytes(), 0u);
  for (const Entry& entry : batch.entries) EXPECT_EQ(entry.offset, 12u);
}

TEST(ScopeQueueTest, MarkFollowsItsViews) {
  ScopeQueue queue = Current();
  queue.Put(Value("a", 12));
  queue.Reach(12);
  auto batch = queue.Take();
  ASSERT_TRUE(batch.mark);
  EXPECT_EQ(batch.mark->offset, 12u);
  queue.Put(Value("a", 13, "later"));
  queue.Reach(13);
  queue.Settle(std::move(batch.entries));  // not written: what came later stays
  batch = queue.Take();
  EXPECT_EQ(batch.entries[0].value, "later");
  EXPECT_EQ(batch.mark->offset, 13u);
  queue.Settle({});
  EXPECT_FALSE(queue.current());
  queue.Marked(*batch.mark);
  EXPECT_TRUE(queue.current());
  EXPECT_EQ(queue.flushed(), 13u);
}

TEST(ScopeQueueTest, NoMarkBeforeARewriteIsFinished) {
  ScopeQueue queue("log");
  queue.Checked(Complete(10));
  const uint64_t ticket = queue.need()->ticket;
  queue.Put(Value("a", 12));
  queue.Reach(12);
  EXPECT_FALSE(queue.Take().mark);
  queue.Settle({});
  EXPECT_TRUE(queue.Finish(ticket, 11));
  EXPECT_FALSE(queue.Finish(ticket, 11));
  EXPECT_EQ(queue.Take().mark->offset, 12u);
}

TEST(ScopeQueueTest, DroppingAsksForARewriteOnceTheStoreAnswers) {
  ScopeQueue queue = Current();
  queue.Put(Value("a", 12));
  queue.Reach(12);
  queue.Drop();
  EXPECT_EQ(queue.bytes(), 0u);
  EXPECT_FALSE(queue.need());
  queue.Put(Value("b", 13));
  queue.Reach(13);
  EXPECT_FALSE(queue.has_batch());
  ASSERT_TRUE(queue.Checked(Complete(10)));
  EXPECT_EQ(queue.need()->since, 10u);
  EXPECT_FALSE(queue.Take().mark);
}

TEST(ScopeQueueTest, DroppingEndsTheRewriteThatIsUnderWay) {
  ScopeQueue queue("log");
  queue.Begun("t");
  const uint64_t ticket = queue.need()->ticket;
  queue.Drop();
  EXPECT_FALSE(queue.Finish(ticket, 20));
  ASSERT_TRUE(queue.Checked(Mark{"log", "t", 0, false}));
  EXPECT_TRUE(queue.need()->all);
  EXPECT_NE(queue.need()->ticket, ticket);
}

TEST(ScopeQueueTest, DoubtThatIsUnfoundedCostsNothing) {
  ScopeQueue queue = Current();
  queue.Doubt();
  EXPECT_FALSE(queue.current());
  EXPECT_TRUE(queue.Checked(Complete(10)));
  EXPECT_TRUE(queue.current());
}

TEST(ScopeQueueTest, MarkOfAnotherRewriteIsNotOurs) {
  ScopeQueue queue = Current();
  queue.Doubt();
  EXPECT_FALSE(queue.Checked(Complete(10, "zombie's")));
  queue.Begun("new");
  EXPECT_TRUE(queue.need()->all);
  queue.Marked(Complete(10));  // of a batch taken before
  EXPECT_EQ(queue.flushed(), 0u);
}

// Takes what waits, and writes it.
void Write(ScopeQueue& queue) {
  queue.Take();
  queue.Settle({});
}

TEST(ScopeQueueTest, ValueThatTheStoreHasIsNotWrittenAgain) {
  ScopeQueue queue = Current();
  EXPECT_TRUE(queue.Put(Value("a", 11)));
  Write(queue);
  EXPECT_FALSE(queue.Put(Value("a", 12)));
  EXPECT_EQ(queue.pending(), 0u);
  queue.Reach(12);
  EXPECT_EQ(queue.Take().mark->offset, 12u);
  queue.Settle({});
  EXPECT_TRUE(queue.Put(Value("a", 13, "new")));
  EXPECT_TRUE(queue.Put(Value("b", 13)));
}

TEST(ScopeQueueTest, ValueThatWasThereBeforeTheOneUnderWayIsWritten) {
  ScopeQueue queue = Current();
  queue.Put(Value("a", 11, "old"));
  Write(queue);
  queue.Put(Value("a", 12, "new"));
  const auto batch = queue.Take();
  EXPECT_TRUE(queue.Put(Value("a", 13, "old")));
  queue.Settle({});
  EXPECT_EQ(queue.Take().entries.at(0).value, "old");
}

TEST(ScopeQueueTest, WhatCouldNotBeWrittenIsNotKnown) {
  ScopeQueue queue = Current();
  queue.Put(Value("a", 11));
  queue.Settle(queue.Take().entries);
  EXPECT_EQ(queue.pending(), 1u);
  EXPECT_TRUE(queue.Put(Value("a", 12)));
}

TEST(ScopeQueueTest, DeletedViewIsWrittenAgainWithTheSameValue) {
  ScopeQueue queue = Current();
  queue.Put(Value("a", 11));
  Write(queue);
  queue.Put({.key = "a", .kind = Entry::Kind::kDeleted, .offset = 12});
  Write(queue);
  EXPECT_TRUE(queue.Put(Value("a", 13)));
}

TEST(ScopeQueueTest, NothingIsKnownOfAStoreThatMayHaveLostIt) {
  const auto dropped = [](ScopeQueue& queue) {
    queue.Drop();
    return queue.Checked(Complete(11));
  };
  const auto replaced = [](ScopeQueue& queue) {
    queue.Begun("new");
    return true;
  };
  const auto back = [](ScopeQueue& queue) {
    queue.Doubt();
    return queue.Checked(Complete(10));
  };
  for (const auto lose : {+dropped, +replaced, +back}) {
    ScopeQueue queue = Current();
    queue.Put(Value("a", 11));
    queue.Reach(11);
    Write(queue);
    queue.Marked(Complete(11));
    ASSERT_TRUE(lose(queue));
    EXPECT_TRUE(queue.Put(Value("a", 12)));
  }
}

}  // namespace
}  // namespace dangol::online
