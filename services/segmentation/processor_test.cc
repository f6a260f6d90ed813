#include "services/segmentation/processor.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/customer.pb.h"
#include "dangol/event/v1/segment.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/calendar.h"
#include "libs/base/status.h"
#include "services/segmentation/testing_partition.h"

namespace dangol::segmentation {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Micros At(absl::string_view text) { return TestPartition::At(text); }

TEST(Segmentation, EntersByAnActivityAndSaysWhichOne) {
  TestPartition p;
  ASSERT_TRUE(p.Apply("buyers", "count(purchase) >= 2").ok());
  p.Settle();
  p.ctx.SetNow(At("2026-01-10 12:00"));
  p.Buy(7, "o1", At("2026-01-10 10:00"));
  EXPECT_THAT(p.TakeChanges(), IsEmpty());
  p.Buy(7, "o2", At("2026-01-10 11:00"));
  const auto events = p.TakeSegmentEvents();
  EXPECT_THAT(TestPartition::Text(events),
              ElementsAre("+buyers v1 ACTIVITY 2026-01-10T12:00:00+09:00"));
  EXPECT_EQ(events[0].customer_id(), 7u);
  EXPECT_EQ(events[0].membership().changes(0).message_id(), "o2");
  EXPECT_EQ(p.Size("buyers"), 1);
}

// The window [now − n months, now) holds a purchase until n months after it, and no longer.
TEST(Segmentation, LeavesAtTheInstantAWindowPasses) {
  for (int months : {1, 2, 3, 6}) {
    TestPartition p;
    ASSERT_TRUE(
        p.Apply("recent", absl::StrCat("count(purchase) IN LAST ", months, " MONTHS >= 1")).ok());
    p.Settle();
    const Micros bought = At("2026-01-15 10:00");
    p.ctx.SetNow(bought + kMicrosPerHour);
    p.Buy(1, "o1", bought);
    p.TakeSegmentEvents();
    const Micros edge = AddMonths(bought, months, TestPartition::Seoul());
    p.AdvanceTo(edge);
    EXPECT_THAT(p.Members("recent"), ElementsAre(1u)) << months;
    EXPECT_THAT(p.TakeChanges(), IsEmpty()) << months;
    p.AdvanceTo(edge + 1);
    EXPECT_THAT(p.Members("recent"), IsEmpty()) << months;
    EXPECT_EQ(p.Size("recent"), 0);
    std::vector<event::v1::MembershipChange> left;
    for (const auto& event : p.TakeSegmentEvents()) {
      for (const auto& change : event.membership().changes()) left.push_back(change);
    }
    ASSERT_THAT(left, SizeIs(1)) << months;
    EXPECT_FALSE(left[0].entered());
    EXPECT_EQ(left[0].cause(), event::v1::MEMBERSHIP_CAUSE_TIME);
    EXPECT_EQ(left[0].time_us(), edge + 1);
  }
}

TEST(Segmentation, ALateTimerTellsEachInstantThatPassed) {
  TestPartition p;
  ASSERT_TRUE(p.Apply("one-month", "count(purchase) IN LAST 1 MONTHS >= 1").ok());
  ASSERT_TRUE(
      p.Apply("idle", "count(purchase) >= 1 AND count(purchase) IN LAST 2 MONTHS = 0").ok());
  p.Settle();
  p.ctx.SetNow(At("2026-01-15 11:00"));
  p.Buy(1, "o1", At("2026-01-15 10:00"));
  p.TakeSegmentEvents();
  p.ctx.SetNow(At("2026-06-01"));  // the process was down
  p.Settle();
  EXPECT_THAT(p.TakeChanges(), ElementsAre("-one-month v1 TIME 2026-02-15T10:00:00.000001+09:00",
                                           "+idle v1 TIME 2026-03-15T10:00:00.000001+09:00"));
}

TEST(Segmentation, ALateActivityRestates) {
  const auto run = [](bool late) {
    TestPartition p;
    EXPECT_TRUE(p.Apply("best", "rfm(\"333-monthly\").f = 3").ok());
    EXPECT_TRUE(p.Apply("early", "first(purchase) BEFORE 2026-01-10").ok());
    p.Settle();
    p.ctx.SetNow(At("2026-03-01"));
    const Micros times[] = {At("2026-01-05"), At("2026-02-05"), At("2026-02-20")};
    for (int i : late ? std::vector<int>{2, 1, 0} : std::vector<int>{0, 1, 2}) {
      p.Buy(1, absl::StrCat("o", i), times[i]);
    }
    return std::make_pair(p.Members("best"), p.Members("early"));
  };
  EXPECT_EQ(run(false), run(true));
  EXPECT_THAT(run(true).first, ElementsAre(1u));
  EXPECT_THAT(run(true).second, ElementsAre(1u));
}

TEST(Segmentation, CountsTieWithMembers) {
  TestPartition p;
  const std::string idle = "count(purchase) >= 1 AND count(purchase) IN LAST 2 MONTHS = 0";
  ASSERT_TRUE(p.Apply("idle", idle).ok());
  ASSERT_TRUE(p.Apply("idle-rich", "segment(\"idle\") AND sum(purchase.net) > 50000 KRW").ok());
  p.Settle();
  p.ctx.SetNow(At("2026-05-01"));
  for (CustomerId c = 1; c <= 200; ++c) {
    p.Buy(c, absl::StrCat("a", c), At("2026-01-01") + c * 12 * kMicrosPerHour, 500 * c);
    if (c % 3 == 0) p.Buy(c, absl::StrCat("b", c), At("2026-02-15") + c * kMicrosPerHour, 30'000);
  }
  for (const char* day : {"2026-05-01", "2026-05-03 04:30", "2026-07-01"}) {
    p.AdvanceTo(At(day));
    const auto idle_now = static_cast<int64_t>(p.Members("idle").size());
    const auto rich_now = static_cast<int64_t>(p.Members("idle-rich").size());
    EXPECT_EQ(p.Count({idle}), idle_now);
    EXPECT_EQ(p.Count({"segment(\"idle\")", "sum(purchase.net) > 50000 KRW"}), rich_now);
    EXPECT_EQ(p.Size("idle"), idle_now);
    EXPECT_EQ(p.Size("idle-rich"), rich_now);
  }
  EXPECT_EQ(p.Count({}), 200);
  EXPECT_GT(p.Count({idle}, At("2026-04-01")), 0);
  EXPECT_LT(p.Count({idle}, At("2026-04-01")), p.Count({idle}));
}

TEST(Segmentation, EvaluatesEveryoneInChunksWhileActivitiesArrive) {
  TestPartition p({.chunk_customers = 10});
  p.ctx.SetNow(At("2026-02-01"));
  for (CustomerId c = 1; c <= 35; ++c) p.Buy(c, absl::StrCat("a", c), At("2026-01-20"));
  p.TakeSegmentEvents();
  ASSERT_TRUE(p.Apply("regulars", "count(purchase) >= 2").ok());
  ASSERT_TRUE(p.Apply("buyers", "count(purchase) >= 1").ok());
  ASSERT_TRUE(p.Step());  // the first ten
  EXPECT_EQ(p.Size("buyers"), 10);
  p.Buy(5, "b5", At("2026-01-25"));    // behind the cursor
  p.Buy(30, "b30", At("2026-01-25"));  // before it
  p.Buy(99, "b99", At("2026-01-25"));  // new
  p.SendWatermark(At("2026-02-01"), "campaigns/c/waves/1");
  p.Settle();
  EXPECT_EQ(p.Size("buyers"), 36);
  EXPECT_THAT(p.Members("regulars"), ElementsAre(5u, 30u));
  const auto changes = p.TakeChanges();
  EXPECT_THAT(changes, SizeIs(36 + 2 + 1));
  EXPECT_EQ(changes.back(), "campaigns/c/waves/1") << "a wave waits for complete memberships";
  EXPECT_EQ(
      std::count(changes.begin(), changes.end(), "+buyers v1 ACTIVITY 2026-02-01T00:00:00+09:00"),
      1);
  EXPECT_EQ(
      std::count(changes.begin(), changes.end(), "+regulars v1 ACTIVITY 2026-02-01T00:00:00+09:00"),
      2);
}

TEST(Segmentation, AnEditBumpsTheVersionAndTellsWhoMoved) {
  TestPartition p;
  p.ctx.SetNow(At("2026-02-01"));
  p.Buy(1, "a", At("2026-01-20"));
  p.Buy(2, "b", At("2026-01-20"));
  p.Buy(2, "c", At("2026-01-21"));
  EXPECT_EQ(p.Apply("buyers", "count(purchase) >= 1")->changed(), "CREATED");
  p.Settle();
  p.TakeSegmentEvents();
  EXPECT_EQ(p.Apply("buyers", "count(purchase) >= 1")->changed(), "UNCHANGED");
  const auto respelt = p.Apply("buyers", "count( purchase )  >=  1");
  ASSERT_TRUE(respelt.ok()) << respelt.status();
  EXPECT_EQ(respelt->changed(), "UPDATED");
  EXPECT_EQ(respelt->segment().version(), 1) << "the same predicate";
  const auto edited = p.Apply("buyers", "count(purchase) >= 2");
  ASSERT_TRUE(edited.ok()) << edited.status();
  EXPECT_EQ(edited->changed(), "UPDATED");
  EXPECT_EQ(edited->segment().version(), 2);
  p.Settle();
  EXPECT_THAT(p.TakeChanges(), ElementsAre("-buyers v2 DEFINITION 2026-02-01T00:00:00+09:00"));
  EXPECT_THAT(p.Members("buyers"), ElementsAre(2u));
}

TEST(Segmentation, DeletionMakesEveryoneLeave) {
  TestPartition p;
  p.ctx.SetNow(At("2026-02-01"));
  p.Buy(1, "a", At("2026-01-20"));
  ASSERT_TRUE(p.Apply("buyers", "count(purchase) >= 1").ok());
  ASSERT_TRUE(p.Apply("fans", "segment(\"buyers\")").ok());
  p.Settle();
  p.TakeSegmentEvents();
  EXPECT_EQ(DetailOf(p.Delete("buyers").status()).reason, "SEGMENT_IN_USE");
  ASSERT_TRUE(p.Delete("fans").ok());
  p.Settle();
  EXPECT_THAT(p.TakeChanges(), ElementsAre("-fans v1 DEFINITION 2026-02-01T00:00:00+09:00"));
  ASSERT_TRUE(p.Apply("fans", "segment(\"buyers\")").ok());
  p.Settle();
  EXPECT_THAT(p.TakeChanges(), ElementsAre("+fans v1 DEFINITION 2026-02-01T00:00:00+09:00"));
}

TEST(Segmentation, RefusesCyclesStaleEtagsAndUnknownNames) {
  TestPartition p;
  ASSERT_TRUE(p.Apply("a", "count(purchase) >= 1").ok());
  ASSERT_TRUE(p.Apply("b", "segment(\"a\")").ok());
  const absl::Status cycle = p.Apply("a", "NOT segment(\"b\")").status();
  EXPECT_EQ(DetailOf(cycle).reason, "SEGMENT_CYCLE");
  EXPECT_EQ(DetailOf(cycle).metadata["cycle"], "a → b → a");
  EXPECT_EQ(DetailOf(p.Apply("c", "segment(\"c\")").status()).metadata["cycle"], "c → c");
  EXPECT_EQ(p.Apply("a", "count(purchase) >= 2", "stale").status().code(),
            absl::StatusCode::kAborted);
  const absl::Status bad = p.Apply("d", "cuont(purchase) > 3").status();
  EXPECT_EQ(DetailOf(bad).reason, "BAD_EXPRESSION");
  EXPECT_THAT(std::string(bad.message()), HasSubstr("^~~~~"));
  ASSERT_THAT(DetailOf(bad).fields, SizeIs(1));
  EXPECT_EQ(DetailOf(bad).fields[0].field, "segment.expression");
}

TEST(Segmentation, ValidateOnlyChangesNothing) {
  TestPartition p;
  p.ctx.SetNow(At("2026-02-01"));
  p.Buy(1, "a", At("2026-01-20"));
  p.TakeSegmentEvents();
  EXPECT_EQ(p.Apply("buyers", "count(purchase) >= 1", "", true)->changed(), "CREATED");
  p.Settle();
  EXPECT_THAT(p.TakeChanges(), IsEmpty());
  EXPECT_EQ(p.Apply("buyers", "count(purchase) >= 1")->changed(), "CREATED");
}

TEST(Segmentation, TraitsConsentsAndRestrictionsCount) {
  TestPartition p;
  ASSERT_TRUE(
      p.Apply("vip-mail", "trait.grade = \"vip\" AND consent(\"email\", \"marketing\")").ok());
  p.Settle();
  event::v1::CustomerEvent event;
  event.set_customer_id(4);
  auto* changed = event.mutable_changed();
  (*changed->mutable_traits())["grade"].mutable_value()->set_text("vip");
  profile::v1::Consent* consent = changed->add_consents();
  consent->set_channel("email");
  consent->set_purpose(profile::v1::CONSENT_PURPOSE_MARKETING);
  consent->set_granted(true);
  p.Send(event);
  EXPECT_THAT(p.TakeChanges(), ElementsAre("+vip-mail v1 PROFILE 2026-01-01T00:00:00+09:00"));
  event.mutable_changed()->clear_traits();
  consent->set_granted(false);
  p.Send(event);
  EXPECT_THAT(p.TakeChanges(), ElementsAre("-vip-mail v1 PROFILE 2026-01-01T00:00:00+09:00"));
}

// While no segment reads them they are not decoded; they are there when one does.
TEST(Segmentation, ActivitiesKeepTraitsAndConsentsThatNobodyReads) {
  TestPartition p;
  ASSERT_TRUE(p.Apply("buyers", "count(purchase) >= 1").ok());
  p.Settle();
  event::v1::CustomerEvent event;
  event.set_customer_id(4);
  auto* changed = event.mutable_changed();
  (*changed->mutable_traits())["grade"].mutable_value()->set_text("vip");
  (*changed->mutable_traits())["city"].mutable_value()->set_text("Seoul");
  profile::v1::Consent* consent = changed->add_consents();
  consent->set_channel("email");
  consent->set_purpose(profile::v1::CONSENT_PURPOSE_MARKETING);
  consent->set_granted(true);
  changed->mutable_restriction()->set_do_not_serve(true);
  p.Send(event);
  p.TakeChanges();
  p.ctx.SetNow(At("2026-01-10 12:00"));
  p.Buy(4, "o1", At("2026-01-10 10:00"));
  p.Buy(4, "o2", At("2026-01-10 11:00"));
  EXPECT_THAT(p.Members("buyers"), ElementsAre(4u));
  ASSERT_TRUE(p.Apply("vip-mail",
                      "trait.grade = \"vip\" AND trait.city = \"Seoul\" AND "
                      "consent(\"email\", \"marketing\") AND count(purchase) = 2 AND "
                      "stage = \"do-not-serve\"")
                  .ok());
  p.Settle();
  EXPECT_THAT(p.Members("vip-mail"), ElementsAre(4u));
  p.Buy(4, "o3", At("2026-01-10 11:30"));  // decoded now
  EXPECT_THAT(p.Members("vip-mail"), IsEmpty());
}

TEST(Segmentation, StagesFollowTheClock) {
  TestPartition p;
  p.ctx.SetNow(At("2026-01-15 11:00"));
  p.Buy(1, "o1", At("2026-01-15 10:00"));
  p.AdvanceTo(At("2027-06-01"));
  std::vector<std::string> stages;
  for (const auto& event : p.TakeSegmentEvents()) {
    for (const auto& stage : event.membership().stages()) {
      stages.push_back(absl::StrCat(stage.stage(), " ",
                                    FormatTime(stage.since_time_us(), TestPartition::Seoul())));
    }
  }
  EXPECT_THAT(stages,
              ElementsAre("new 2026-01-15T11:00:00+09:00", "dormant-2 2026-07-15T10:00:00+09:00",
                          "dormant-6 2026-07-15T10:00:00.000001+09:00",
                          "dormant-12 2027-01-15T10:00:00.000001+09:00"));
}

TEST(Segmentation, ARestartFindsEverythingAgain) {
  TestPartition p({.chunk_customers = 3});
  p.ctx.SetNow(At("2026-02-01"));
  for (CustomerId c = 1; c <= 10; ++c) p.Buy(c, absl::StrCat("a", c), At("2026-01-20"));
  ASSERT_TRUE(p.Apply("buyers", "count(purchase) >= 1").ok());
  ASSERT_TRUE(p.Step());
  SegmentationProcessor again({.chunk_customers = 3});
  ASSERT_TRUE(again.OnAcquire(p.ctx).ok());
  Timer timer;
  while (p.ctx.PopDueTimer(&timer)) ASSERT_TRUE(again.OnTimer(timer, p.ctx).ok());
  EXPECT_EQ(p.Size("buyers"), 10);
  EXPECT_THAT(p.TakeChanges(), SizeIs(10));
}

}  // namespace
}  // namespace dangol::segmentation
