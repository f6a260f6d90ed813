// Identity over several partitions: claims cross, orders vary, nothing is silently lost.
#include <map>
#include <numeric>
#include <set>

#include "dangol/profile/v1/profile_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/names.h"
#include "services/profile/merging.h"
#include "services/profile/testing_cluster.h"

namespace dangol::profile {
namespace {

constexpr Micros kNow = 1'700'000'000 * kMicrosPerSecond;
constexpr uint32_t kPartitions = 4;

TEST(IdentityTest, FirstSightMakesACustomer) {
  Cluster cluster(kPartitions);
  cluster.SetNow(kNow);
  cluster.Ingest(Purchase("m1", {User("7")}, kNow));
  cluster.Run();
  const auto id = cluster.Owner(User("7"));
  ASSERT_TRUE(id);
  EXPECT_EQ(SlotOfCustomer(*id), SlotOf(User("7"))) << "of the identifier's slot";
  EXPECT_EQ(FirstSeenOfCustomer(*id), kNow);
  const auto events = cluster.CustomerEvents();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_TRUE(events[0].has_created());
  ASSERT_TRUE(events[1].has_activity());
  EXPECT_EQ(events[1].customer_id(), *id);
  EXPECT_EQ(events[1].activity().identifiers_size(), 0) << "no identifiers leave profile";
  EXPECT_EQ(events[1].activity().received_time_us(), kNow);
}

// What campaigns judge both arms by. A claim counts until it is refused.
TEST(IdentityTest, KindsOfAddressArePublished) {
  Cluster cluster(kPartitions);
  cluster.SetNow(kNow);
  cluster.Ingest(Purchase("m1", {Email("family@x.kr")}, kNow));
  cluster.Ingest(Purchase("m2", {User("7")}, kNow));
  cluster.Run();
  cluster.Ingest(Purchase("m3", {User("7"), Phone("010-1234-5678")}, kNow));
  cluster.Ingest(Purchase("m4", {User("7"), Phone("010-1234-5678")}, kNow));  // nothing new
  cluster.Run();
  cluster.Ingest(Purchase("m5", {User("7"), Email("family@x.kr")}, kNow));  // refused
  cluster.Run();
  const CustomerId id = *cluster.Owner(User("7"));
  std::vector<std::string> told;
  const auto tell = [&](const event::v1::AddressKinds& kinds) {
    told.push_back(absl::StrCat(kinds.email() ? "e" : "", kinds.phone() ? "p" : "",
                                kinds.user_id() ? "u" : ""));
  };
  for (const auto& event : cluster.CustomerEvents()) {
    if (event.customer_id() != id) continue;
    if (event.has_created()) tell(event.created().addresses());
    if (event.changed().has_addresses()) tell(event.changed().addresses());
  }
  EXPECT_EQ(told, (std::vector<std::string>{"u", "pu", "epu", "pu"}));
}

TEST(IdentityTest, CustomersOfOneSlotGetDifferentIds) {
  std::set<CustomerId> ids;
  Cluster cluster(1);
  cluster.SetNow(kNow);
  // More users than slots: some share one, in the same millisecond.
  for (uint32_t i = 0; i < 2 * kSlots; ++i) {
    cluster.Ingest(Purchase("m", {User(std::to_string(i))}, kNow));
  }
  cluster.Run();
  for (uint32_t i = 0; i < 2 * kSlots; ++i) ids.insert(*cluster.Owner(User(std::to_string(i))));
  EXPECT_EQ(ids.size(), 2 * kSlots);
}

TEST(IdentityTest, FurtherIdentifiersAreClaimedAcrossPartitions) {
  Cluster cluster(kPartitions);
  cluster.SetNow(kNow);
  // Written differently the second time; the same person.
  cluster.Ingest(Purchase("m1", {User("7"), Email("Kim@X.kr"), Phone("010-1234-5678")}, kNow));
  cluster.Run();
  cluster.Ingest(Purchase("m2", {Email(" kim@x.KR")}, kNow));
  cluster.Ingest(Purchase("m3", {Phone("+82 10 1234 5678")}, kNow));
  cluster.Run();
  const CustomerId id = *cluster.Owner(User("7"));
  EXPECT_EQ(cluster.Owner(Email("kim@x.kr")), id);
  EXPECT_EQ(cluster.Owner(Phone("+821012345678")), id);
  int activities = 0;
  for (const auto& event : cluster.CustomerEvents()) {
    EXPECT_EQ(event.customer_id(), id);
    activities += event.has_activity();
  }
  EXPECT_EQ(activities, 3);
  const v1::CustomerRecord record = cluster.Record(id);
  EXPECT_EQ(record.identifiers_size(), 3);
  for (const auto& known : record.identifiers()) {
    EXPECT_EQ(known.status(), v1::IdentifierRecord::STATUS_OWNED);
  }
  EXPECT_TRUE(cluster.Merges().empty());
}

TEST(IdentityTest, AnIdentifierOfAnotherBecomesOneProposal) {
  Cluster cluster(kPartitions);
  cluster.SetNow(kNow);
  cluster.Ingest(Purchase("m1", {Email("family@x.kr")}, kNow));
  cluster.Run();
  for (int i = 0; i < 3; ++i) {
    cluster.Ingest(Purchase("m2" + std::to_string(i), {User("7"), Email("family@x.kr")}, kNow));
    cluster.Run();
  }
  const auto merges = cluster.Merges();
  ASSERT_EQ(merges.size(), 1u);
  const CustomerId claims = *cluster.Owner(User("7")), owns = *cluster.Owner(Email("family@x.kr"));
  EXPECT_EQ(merges[0].name(), MergeName(std::max(claims, owns), std::min(claims, owns)));
  EXPECT_EQ(merges[0].state(), v1::MERGE_STATE_PROPOSED) << "and nothing was merged";
  ASSERT_EQ(merges[0].evidence_size(), 1);
  EXPECT_EQ(merges[0].evidence(0).tier(), v1::EVIDENCE_TIER_WEAK);
  EXPECT_EQ(merges[0].evidence(0).source(), "pos");
  EXPECT_EQ(cluster.Counted("merge_proposals/weak"), 1);
  const v1::CustomerRecord claimant = cluster.Record(*cluster.Owner(User("7")));
  ASSERT_EQ(claimant.identifiers_size(), 2);
  EXPECT_EQ(claimant.identifiers(1).status(), v1::IdentifierRecord::STATUS_REFUSED);
}

TEST(IdentityTest, AMisplacedEventIsForwardedOnce) {
  Cluster cluster(kPartitions);
  cluster.SetNow(kNow);
  const Partition home = PartitionOf(SlotOf(Phone("+821012345678")), kPartitions);
  cluster.IngestAt((home + 1) % kPartitions, Purchase("m1", {Phone("010-1234-5678")}, kNow));
  cluster.Run();
  ASSERT_TRUE(cluster.Owner(Phone("+821012345678")));
  EXPECT_EQ(cluster.handled(), 2);
  EXPECT_EQ(cluster.Counted("misplaced_events"), 1);
}

// Identifiers as nodes; owned together or proposed to merge: edges. Returns the components.
std::set<std::set<std::string>> Components(Cluster& cluster,
                                           const std::vector<common::v1::Identifier>& ids) {
  std::map<std::string, std::string> root;
  std::function<std::string(std::string)> find = [&](std::string n) {
    while (root.count(n) && root[n] != n) n = root[n];
    return n;
  };
  auto unite = [&](const std::string& a, const std::string& b) { root[find(a)] = find(b); };
  for (const auto& id : ids) {
    const auto owner = cluster.Owner(id);
    if (owner) unite(TextOf(id), CustomerName(*owner));
  }
  for (const auto& merge : cluster.Merges()) unite(merge.from(), merge.into());
  std::map<std::string, std::set<std::string>> groups;
  for (const auto& id : ids) groups[find(TextOf(id))].insert(TextOf(id));
  std::set<std::set<std::string>> out;
  for (auto& [_, group] : groups) out.insert(group);
  return out;
}

TEST(IdentityTest, AnyOrderLinksTheSameIdentifiers) {
  const std::vector<common::v1::Identifier> all = {
      User("1"), User("2"), User("3"), Email("a@x.kr"), Email("b@x.kr"), Phone("+821011112222")};
  const std::vector<event::v1::IngestEvent> events = {
      Purchase("m1", {User("1"), Email("a@x.kr")}, kNow),
      Purchase("m2", {Email("a@x.kr"), Phone("+821011112222")}, kNow),
      Purchase("m3", {User("2"), Phone("+821011112222")}, kNow),
      Purchase("m4", {User("3"), Email("b@x.kr")}, kNow)};
  const std::set<std::set<std::string>> expected = {
      {"user_id:1", "email:a@x.kr", "phone:+821011112222", "user_id:2"},
      {"user_id:3", "email:b@x.kr"}};
  std::vector<int> order(events.size());
  std::iota(order.begin(), order.end(), 0);
  uint64_t seed = 0;
  do {
    for (int round = 0; round < 8; ++round) {
      Cluster cluster(kPartitions, ++seed);
      cluster.SetNow(kNow);
      for (int i : order) cluster.Ingest(events[i]);
      cluster.Run();
      ASSERT_EQ(Components(cluster, all), expected) << "seed " << seed;
      int activities = 0;
      for (const auto& e : cluster.CustomerEvents()) activities += e.has_activity();
      ASSERT_EQ(activities, 4) << "every activity is somebody's, once";
      for (const auto& id : all) {
        const v1::CustomerRecord record = cluster.Record(*cluster.Owner(id));
        int owned = 0;
        for (const auto& known : record.identifiers()) {
          ASSERT_NE(known.status(), v1::IdentifierRecord::STATUS_CLAIMED) << "settled";
          if (known.status() != v1::IdentifierRecord::STATUS_OWNED) continue;
          owned += TextOf(known.identifier()) == TextOf(id);
          ASSERT_EQ(cluster.Owner(known.identifier()), cluster.Owner(id)) << "one owner";
        }
        ASSERT_EQ(owned, 1) << "the record knows what the index says, seed " << seed;
      }
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

}  // namespace
}  // namespace dangol::profile
