// Merges over several partitions: evidence crosses, hand-overs chase, orders vary; and their
// undoing.
#include "services/profile/merging.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/names.h"
#include "libs/base/status.h"
#include "services/profile/customer_state.h"
#include "services/profile/domain/facts.h"
#include "services/profile/domain/history.h"
#include "services/profile/testing_cluster.h"

namespace dangol::profile {
namespace {

constexpr Micros kNow = 1'700'000'000 * kMicrosPerSecond;
constexpr uint32_t kPartitions = 4;
using common::v1::Identifier;

Identifier Card(const std::string& value) { return Id(common::v1::IDENTIFIER_TYPE_CARD, value); }

event::v1::IngestEvent Facts(const std::string& message_id, Identifier id, const std::string& city,
                             Micros observed, bool granted) {
  event::v1::IngestEvent event;
  auto* upsert = event.mutable_upsert();
  upsert->set_message_id(message_id);
  upsert->set_source("crm");
  upsert->set_observed_time_us(observed);
  *upsert->add_identifiers() = std::move(id);
  (*upsert->mutable_traits())["city"].set_text(city);
  auto* consent = upsert->add_consents();
  consent->set_channel("email");
  consent->set_purpose(v1::CONSENT_PURPOSE_MARKETING);
  consent->set_granted(granted);
  consent->set_evidence("form 1");
  return event;
}

class MergingTest : public testing::Test {
 protected:
  explicit MergingTest(uint64_t seed = 1) : cluster_(kPartitions, seed) { cluster_.SetNow(kNow); }

  void Take(const event::v1::IngestEvent& event) {
    cluster_.Ingest(event);
    cluster_.Run();
  }
  v1::CustomerRecord Record(const Identifier& id) { return cluster_.Record(*cluster_.Now(id)); }
  std::set<std::string> Timeline(const Identifier& id) {
    const CustomerId now = *cluster_.Now(id);
    const v1::HistoryRecord history = LoadHistory(cluster_.Home(now), now);
    std::set<std::string> ids;
    for (const auto& e : LoadTimeline(cluster_.Home(now), now, history)) {
      ids.insert(ParseEntry(e).activity().message_id());
    }
    return ids;
  }
  std::set<std::string> Owned(const Identifier& id) {
    std::set<std::string> texts;
    const v1::CustomerRecord record = Record(id);
    for (const auto& known : record.identifiers()) {
      if (known.status() == v1::IdentifierRecord::STATUS_OWNED) {
        texts.insert(TextOf(known.identifier()));
      }
    }
    return texts;
  }
  absl::StatusOr<v1::Merge> Decide(const v1::Merge& pair, v1::MergeState state) {
    const CustomerId from = *ParseCustomerName("", pair.from());
    const CustomerId into = *ParseCustomerName("", pair.into());
    auto bytes = cluster_.Command(from, [&](CustomerId now) {
      v1::ProfileCommand body;
      body.mutable_decide_merge()->set_customer_id(now);
      body.mutable_decide_merge()->set_from(from);
      body.mutable_decide_merge()->set_into(into);
      body.mutable_decide_merge()->set_state(state);
      body.mutable_decide_merge()->set_reason("as asked");
      return body;
    });
    cluster_.Run();
    if (!bytes.ok()) return bytes.status();
    v1::Merge merge;
    merge.ParseFromString(*bytes);
    return merge;
  }
  v1::Merge OnlyMerge() {
    const auto merges = cluster_.Merges();
    EXPECT_EQ(merges.size(), 1u);
    return merges.empty() ? v1::Merge() : merges[0];
  }
  std::vector<event::v1::CustomerEvent> EventsOf(CustomerId id) {
    std::vector<event::v1::CustomerEvent> events;
    for (const auto& e : cluster_.CustomerEvents()) {
      if (e.customer_id() == id) events.push_back(e);
    }
    return events;
  }

  Cluster cluster_;
};

TEST_F(MergingTest, StrongEvidenceMergesTheLargerIdIntoTheSmaller) {
  Take(Purchase("m1", {User("1"), Email("one@x.kr")}, kNow));
  Take(Purchase("m2", {User("2"), Phone("010-1234-5678")}, kNow));
  const CustomerId a = *cluster_.Owner(User("1")), b = *cluster_.Owner(User("2"));
  Take(Purchase("m3", {User("1"), User("2")}, kNow));
  const CustomerId into = std::min(a, b), from = std::max(a, b);
  for (const auto& id : {User("1"), User("2"), Email("one@x.kr"), Phone("+821012345678")}) {
    EXPECT_EQ(cluster_.Now(id), into);
  }
  EXPECT_EQ(cluster_.Owner(User("2")), b) << "the index is never re-pointed";
  EXPECT_EQ(Owned(User("1")), (std::set<std::string>{"user_id:1", "user_id:2", "email:one@x.kr",
                                                     "phone:+821012345678"}));
  EXPECT_EQ(Timeline(User("1")), (std::set<std::string>{"m1", "m2", "m3"}));
  const v1::Merge merge = OnlyMerge();
  EXPECT_EQ(merge.name(), MergeName(from, into));
  EXPECT_EQ(merge.state(), v1::MERGE_STATE_MERGED);
  EXPECT_EQ(merge.decided_by(), "") << "the evidence decided";
  EXPECT_EQ(merge.evidence(0).tier(), v1::EVIDENCE_TIER_STRONG);
  ASSERT_TRUE(EventsOf(from).back().has_merged());
  EXPECT_EQ(EventsOf(from).back().merged().into(), into);
  // What comes by an old identifier later is the one customer's.
  Take(Purchase("m4", {User("2")}, kNow));
  EXPECT_EQ(Timeline(User("1")).count("m4"), 1u);
  EXPECT_EQ(EventsOf(into).back().activity().message_id(), "m4");
}

TEST_F(MergingTest, WhatEitherHasSeenIsNotTakenAgain) {
  Take(Purchase("m1", {User("1")}, kNow));
  Take(Purchase("m2", {User("2")}, kNow));
  Take(Purchase("m3", {User("1"), User("2")}, kNow));
  const size_t before = cluster_.CustomerEvents().size();
  for (const char* again : {"m1", "m2", "m3"}) {
    Take(Purchase(again, {User("1")}, kNow));
    Take(Purchase(again, {User("2")}, kNow));
  }
  EXPECT_EQ(cluster_.CustomerEvents().size(), before);
  EXPECT_EQ(cluster_.Counted("duplicates/purchase"), 6);
}

TEST_F(MergingTest, TheLaterFactWinsAndARefusalWinsTies) {
  Take(Facts("f1", User("1"), "Seoul", kNow - 5, true));
  Take(Facts("f2", User("2"), "Busan", kNow - 3, true));
  Take(Facts("f3", User("3"), "Daegu", kNow - 3, false));
  Take(Purchase("m1", {User("1"), User("2")}, kNow));
  EXPECT_EQ(Record(User("1")).traits(0).trait().value().text(), "Busan");
  EXPECT_TRUE(Record(User("1")).consents(0).granted());
  Take(Purchase("m2", {User("1"), User("3")}, kNow));
  EXPECT_FALSE(Record(User("1")).consents(0).granted());
  // The others know what the one customer is now.
  v1::Consent last;
  for (const auto& e : EventsOf(*cluster_.Now(User("1")))) {
    if (e.changed().consents_size() > 0) last = e.changed().consents(0);
  }
  EXPECT_FALSE(last.granted());
}

TEST_F(MergingTest, DoNotServeStaysWhoeverHadIt) {
  Take(Purchase("m1", {User("1")}, kNow));
  Take(Purchase("m2", {User("2")}, kNow));
  const CustomerId stopped = std::max(*cluster_.Owner(User("1")), *cluster_.Owner(User("2")));
  const auto set = [&](CustomerId id, bool stop) {
    const auto done = cluster_.Command(id, [&](CustomerId now) {
      v1::ProfileCommand body;
      body.mutable_set_facts()->set_customer_id(now);
      body.mutable_set_facts()->mutable_restriction()->set_do_not_serve(stop);
      return body;
    });
    EXPECT_TRUE(done.ok()) << done.status();
  };
  set(stopped, true);
  cluster_.SetNow(kNow + 1);
  set(std::min(*cluster_.Owner(User("1")), *cluster_.Owner(User("2"))), false);  // said later
  Take(Purchase("m3", {User("1"), User("2")}, kNow));
  EXPECT_TRUE(Record(User("1")).restriction().do_not_serve());
  set(stopped, false);  // by the old name, of the one customer
  EXPECT_FALSE(Record(User("1")).restriction().do_not_serve());
}

TEST_F(MergingTest, AProposalWaitsForADecision) {
  Take(Purchase("m1", {User("1"), Phone("010-1234-5678")}, kNow));
  Take(Purchase("m2", {User("2"), Phone("010-1234-5678")}, kNow));
  EXPECT_NE(cluster_.Now(User("1")), cluster_.Now(User("2")));
  auto merged = Decide(OnlyMerge(), v1::MERGE_STATE_MERGED);
  ASSERT_TRUE(merged.ok()) << merged.status();
  EXPECT_EQ(merged->decided_by(), "ann");
  EXPECT_EQ(cluster_.Now(User("1")), cluster_.Now(User("2")));
  EXPECT_EQ(OnlyMerge().SerializeAsString(), merged->SerializeAsString());
  EXPECT_EQ(DetailOf(Decide(*merged, v1::MERGE_STATE_MERGED).status()).reason, "MERGE_STATE");
  EXPECT_EQ(DetailOf(Decide(*merged, v1::MERGE_STATE_REJECTED).status()).reason, "MERGE_STATE");
}

TEST_F(MergingTest, ARejectedPairStaysTwoWhateverEvidenceComes) {
  Take(Purchase("m1", {User("1"), Phone("010-1234-5678")}, kNow));
  Take(Purchase("m2", {User("2"), Phone("010-1234-5678")}, kNow));
  ASSERT_TRUE(Decide(OnlyMerge(), v1::MERGE_STATE_REJECTED).ok());
  Take(Purchase("m3", {User("1"), User("2")}, kNow));
  EXPECT_NE(cluster_.Now(User("1")), cluster_.Now(User("2")));
  EXPECT_EQ(OnlyMerge().state(), v1::MERGE_STATE_REJECTED);
  EXPECT_EQ(OnlyMerge().evidence_size(), 2);
  ASSERT_TRUE(Decide(OnlyMerge(), v1::MERGE_STATE_MERGED).ok());
  EXPECT_EQ(cluster_.Now(User("1")), cluster_.Now(User("2")));
}

// A pair of one who is merged away is one of what it becomes, whoever of the three is the oldest.
TEST(MergingPairsTest, ProposalsAndRejectionsGoWithTheCustomer) {
  const std::vector<Identifier> people = {User("1"), User("2"), Phone("+821012345678")};
  std::vector<int> order = {0, 1, 2};
  uint64_t seed = 0;
  do {
    for (const bool reject : {false, true}) {
      Cluster cluster(kPartitions, ++seed);
      for (size_t i = 0; i < order.size(); ++i) {
        cluster.SetNow(kNow + static_cast<Micros>(i) * kMicrosPerSecond);
        cluster.Ingest(Purchase("m", {people[order[i]]}, kNow));
        cluster.Run();
      }
      const CustomerId third = *cluster.Owner(people[2]);
      cluster.Ingest(Purchase("m3", {people[1], people[2]}, kNow));
      cluster.Run();
      if (reject) {
        const CustomerId a = *cluster.Owner(people[1]);
        const auto done = cluster.Command(std::max(a, third), [&](CustomerId now) {
          v1::ProfileCommand body;
          body.mutable_decide_merge()->set_customer_id(now);
          body.mutable_decide_merge()->set_from(std::max(a, third));
          body.mutable_decide_merge()->set_into(std::min(a, third));
          body.mutable_decide_merge()->set_state(v1::MERGE_STATE_REJECTED);
          return body;
        });
        ASSERT_TRUE(done.ok()) << done.status();
      }
      cluster.Ingest(Purchase("m4", {people[0], people[1]}, kNow));
      cluster.Run();
      const CustomerId one = *cluster.Now(people[0]);
      ASSERT_EQ(one, *cluster.Now(people[1]));
      ASSERT_NE(one, *cluster.Now(people[2]));
      int open = 0;
      for (const v1::Merge& merge : cluster.Merges()) {
        if (merge.state() == v1::MERGE_STATE_MERGED) continue;
        ++open;
        EXPECT_EQ(merge.name(), MergeName(std::max(one, third), std::min(one, third)));
        EXPECT_EQ(merge.state() == v1::MERGE_STATE_REJECTED, reject) << "seed " << seed;
      }
      EXPECT_EQ(open, 1) << "seed " << seed;
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

// Into whom thousands were merged (a shop's own card): its hand-over halted the scope.
TEST_F(MergingTest, BugHandOverGreaterThanARecordHaltedTheScope) {
  Take(Purchase("m1", {User("1")}, kNow));
  Take(Purchase("m2", {User("2")}, kNow));
  const CustomerId a = *cluster_.Owner(User("1")), b = *cluster_.Owner(User("2"));
  const CustomerId from = std::max(a, b);
  v1::MergeRecord large;
  large.mutable_merge()->set_state(v1::MERGE_STATE_MERGED);
  large.mutable_kept()->add_timeline(std::string(1 << 20, 'x'));
  StoreMerge(cluster_.Home(from), PairKey(from + 1, from), large);
  v1::CustomerRecord record = cluster_.Record(from);
  AddPair(PairKey(from + 1, from), &record);
  StoreCustomer(cluster_.Home(from), from, record);
  Take(Purchase("m3", {User("1"), User("2")}, kNow));
  EXPECT_NE(cluster_.Now(User("1")), cluster_.Now(User("2")));
  EXPECT_EQ(cluster_.Counted("merges_too_large"), 1);
  v1::Merge open;
  for (const v1::Merge& merge : cluster_.Merges()) {
    if (!merge.name().empty()) open = merge;
  }
  EXPECT_EQ(open.state(), v1::MERGE_STATE_PROPOSED);
  EXPECT_EQ(DetailOf(Decide(open, v1::MERGE_STATE_MERGED).status()).reason, "MERGE_TOO_LARGE");
}

TEST_F(MergingTest, UndoingMakesANewCustomerAndTellsItsHistoryAgain) {
  Take(Facts("f1", User("1"), "Seoul", kNow - 5, true));
  Take(Purchase("m1", {User("1")}, kNow - 2));
  Take(Facts("f2", User("2"), "Busan", kNow - 3, true));
  Take(Purchase("m2", {User("2"), Card("1234")}, kNow - 1));
  const CustomerId a = *cluster_.Owner(User("1")), b = *cluster_.Owner(User("2"));
  Take(Purchase("m3", {User("1"), User("2")}, kNow));
  const Identifier theirs = a > b ? User("1") : User("2"), ours = a > b ? User("2") : User("1");
  const std::string lost = a > b ? "m1" : "m2";

  auto undone = Decide(OnlyMerge(), v1::MERGE_STATE_UNDONE);
  ASSERT_TRUE(undone.ok()) << undone.status();
  const CustomerId fresh = *ParseCustomerName("", undone->reissued());
  EXPECT_GT(fresh, std::min(a, b));
  EXPECT_NE(fresh, std::max(a, b));
  EXPECT_EQ(cluster_.Owner(theirs), fresh);
  EXPECT_EQ(cluster_.Now(ours), std::min(a, b));
  EXPECT_EQ(Timeline(theirs).count(lost), 1u);
  EXPECT_EQ(Record(theirs).traits(0).trait().value().text(), a > b ? "Seoul" : "Busan");
  EXPECT_EQ(Owned(ours).count(TextOf(theirs)), 0u);
  EXPECT_EQ(Timeline(ours).count(lost), 1u) << "what was taken over stays";

  const auto told = EventsOf(fresh);
  ASSERT_EQ(told.size(), 3u);
  EXPECT_TRUE(told[0].has_created());
  EXPECT_EQ(told[1].changed().traits_size(), 1);
  EXPECT_TRUE(told[2].reissued());
  EXPECT_EQ(told[2].activity().message_id(), lost);
  EXPECT_EQ(told[2].activity().purchase().net_minor(), 1000);
  EXPECT_EQ(told[2].activity().identifiers_size(), 0);

  // The same evidence is not found again, and its old orders are still known.
  Take(Purchase("m3", {User("1"), User("2")}, kNow));
  Take(Purchase(lost, {theirs}, kNow));
  EXPECT_NE(cluster_.Now(User("1")), cluster_.Now(User("2")));
  EXPECT_EQ(EventsOf(fresh).size(), 3u);
  EXPECT_EQ(DetailOf(Decide(*undone, v1::MERGE_STATE_UNDONE).status()).reason, "MERGE_STATE");
  EXPECT_TRUE(Decide(*undone, v1::MERGE_STATE_MERGED).status().code() ==
              absl::StatusCode::kFailedPrecondition);
}

// 3 went into 2 and 2 into 1; both are undone, in either order. Two customers had the identifiers
// of 3 then, and the index led to one of them only.
TEST(MergingUndoTest, BugIdentifiersOfAChainWereTwoCustomersAfterBothUndos) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const std::vector<Identifier> people = {User("a"), User("b"), Card("1234")};
    Cluster cluster(kPartitions, seed);
    for (size_t i = 0; i < people.size(); ++i) {
      cluster.SetNow(kNow + static_cast<Micros>(i) * kMicrosPerSecond);
      cluster.Ingest(Purchase(absl::StrCat("m", i), {people[i]}, kNow));
      cluster.Run();
    }
    std::vector<CustomerId> ids;
    for (const Identifier& id : people) ids.push_back(*cluster.Owner(id));
    ASSERT_TRUE(std::is_sorted(ids.begin(), ids.end()));
    for (const auto& [a, b] : {std::pair(1, 2), std::pair(0, 1)}) {
      cluster.Ingest(Purchase(absl::StrCat("m", a, b), {people[a], people[b]}, kNow));
      cluster.Run();
    }
    ASSERT_EQ(cluster.Now(ids[2]), ids[0]);
    const auto undo = [&](size_t from) {
      const auto undone = cluster.Command(ids[from], [&](CustomerId now) {
        v1::ProfileCommand body;
        body.mutable_decide_merge()->set_customer_id(now);
        body.mutable_decide_merge()->set_from(ids[from]);
        body.mutable_decide_merge()->set_into(ids[from - 1]);
        body.mutable_decide_merge()->set_state(v1::MERGE_STATE_UNDONE);
        return body;
      });
      ASSERT_TRUE(undone.ok()) << undone.status();
      cluster.Run();
    };
    const size_t first = 1 + seed % 2;
    undo(first);
    undo(3 - first);
    for (const Identifier& id : people) {
      std::vector<std::string> owned;
      const v1::CustomerRecord record = cluster.Record(*cluster.Now(id));
      for (const auto& known : record.identifiers()) {
        if (known.status() == v1::IdentifierRecord::STATUS_OWNED) {
          owned.push_back(TextOf(known.identifier()));
        }
      }
      EXPECT_THAT(owned, testing::ElementsAre(TextOf(id)));
    }
    for (const v1::Merge& merge : cluster.Merges()) {
      EXPECT_EQ(merge.state(), v1::MERGE_STATE_UNDONE) << merge.name();
    }
  }
}

TEST_F(MergingTest, OrdersAreKnownForEverAcrossLists) {
  const int n = 2 * kOrdersPerList + 7;
  for (int i = 0; i < n; ++i) Take(Purchase(absl::StrCat("m", i), {User("1")}, kNow));
  Take(Purchase("x", {User("2")}, kNow));
  Take(Purchase("y", {User("1"), User("2")}, kNow));
  for (int i = 0; i < n; ++i) {
    Take(Purchase(absl::StrCat("m", i), {i % 2 ? User("1") : User("2")}, kNow));
  }
  EXPECT_EQ(cluster_.Counted("duplicates/purchase"), n);
}

// What a customer is, whatever the order in which it was found to be one.
std::string Essence(Cluster& cluster, CustomerId id) {
  v1::CustomerRecord record = cluster.Record(id);
  std::set<std::string> parts;
  for (const auto& known : record.identifiers()) {
    parts.insert(absl::StrCat(TextOf(known.identifier()), known.status()));
  }
  for (const auto& trait : record.traits()) parts.insert(trait.trait().value().text());
  for (const auto& consent : record.consents()) parts.insert(absl::StrCat(consent.granted()));
  const auto history = LoadHistory(cluster.Home(id), id);
  for (const auto& e : LoadTimeline(cluster.Home(id), id, history)) {
    parts.insert(ParseEntry(e).activity().message_id());
  }
  std::vector<uint64_t> orders(history.orders().begin(), history.orders().end());
  std::sort(orders.begin(), orders.end());
  return absl::StrCat(absl::StrJoin(parts, " "), " ", absl::StrJoin(orders, " "));
}

TEST(MergingOrderTest, AnyOrderMakesTheSameCustomer) {
  const std::vector<event::v1::IngestEvent> events = {
      Purchase("m1", {User("1"), Card("7777")}, kNow),
      Purchase("m2", {User("2"), Card("7777")}, kNow),
      Purchase("m3", {User("3"), User("2")}, kNow),
      Purchase("m4", {User("4"), Card("8888")}, kNow),
      Purchase("m5", {Card("8888"), User("1")}, kNow),
      Facts("f1", User("1"), "Seoul", kNow - 5, true),
      Facts("f3", User("3"), "Busan", kNow - 5, false)};
  std::vector<int> order(events.size());
  std::iota(order.begin(), order.end(), 0);
  std::string expected;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    Rng rng(seed);
    for (size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[rng.Below(i + 1)]);
    Cluster cluster(kPartitions, seed);
    cluster.SetNow(kNow);
    for (int i : order) {
      cluster.Ingest(events[i]);
      if (rng.Chance(0.3)) cluster.Run();
      cluster.SetNow(kNow + static_cast<Micros>(rng.Below(1000)) * kMicrosPerMilli);
    }
    cluster.Run();
    std::set<CustomerId> now;
    for (const char* user : {"1", "2", "3", "4"}) now.insert(*cluster.Now(User(user)));
    for (const char* card : {"7777", "8888"}) now.insert(*cluster.Now(Card(card)));
    ASSERT_EQ(now.size(), 1u) << "seed " << seed;
    const std::string essence = Essence(cluster, *now.begin());
    if (expected.empty()) expected = essence;
    ASSERT_EQ(essence, expected) << "seed " << seed;
    v1::StatsRecord sum;
    for (uint32_t p = 0; p < kPartitions; ++p) {
      const v1::StatsRecord part = LoadStats(cluster.context(p));
      sum.set_customers(sum.customers() + part.customers());
    }
    ASSERT_EQ(sum.customers(), 1);
  }
}

}  // namespace
}  // namespace dangol::profile
