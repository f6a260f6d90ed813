#include "libs/stream/allotment.h"

#include <deque>
#include <memory>

#include "dangol/event/v1/inbox.pb.h"
#include "gtest/gtest.h"
#include "libs/base/rng.h"
#include "libs/stream/testing/fake_context.h"

namespace dangol::allotment {
namespace {

constexpr char kName[] = "budget/voucher";

// Partitions whose messages are delivered in random order between partitions (in order within one).
class Cluster {
 public:
  explicit Cluster(uint32_t partitions, uint64_t seed) : rng_(seed), queues_(partitions) {
    for (uint32_t p = 0; p < partitions; ++p) {
      scopes_.push_back(std::make_unique<FakeContext>(
          Scope{Service::kOffer, static_cast<Partition>(p)}, partitions));
    }
  }
  FakeContext& scope(size_t p) { return *scopes_[p]; }
  size_t size() const { return scopes_.size(); }

  void Collect() {
    for (auto& scope : scopes_) {
      for (auto& e : scope->emitted) queues_[e.partition].push_back(std::move(e.value));
      scope->emitted.clear();
    }
  }
  bool DeliverOne() {
    Collect();
    std::vector<size_t> waiting;
    for (size_t p = 0; p < queues_.size(); ++p) {
      if (!queues_[p].empty()) waiting.push_back(p);
    }
    if (waiting.empty()) return false;
    const size_t p = waiting[rng_.Below(waiting.size())];
    event::v1::InboxRecord record;
    record.ParseFromString(queues_[p].front());
    queues_[p].pop_front();
    if (record.has_allotment_request()) HandleRequest(scope(p), record.allotment_request());
    if (record.has_allotment_grant()) HandleGrant(scope(p), record.allotment_grant());
    return true;
  }
  int64_t Spent() {
    int64_t sum = 0;
    for (auto& scope : scopes_) sum += HeldOf(*scope, kName).spent;
    return sum;
  }
  int64_t Available() {
    int64_t sum = 0;
    for (auto& scope : scopes_) sum += HeldOf(*scope, kName).available;
    return sum;
  }

 private:
  Rng rng_;
  std::vector<std::unique_ptr<FakeContext>> scopes_;
  std::vector<std::deque<std::string>> queues_;
};

TEST(AllotmentTest, NeverExceededAndNothingLostInAnyOrder) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Rng rng(seed);
    Cluster cluster(1 + rng.Below(8), seed);
    const int64_t total = 1 + static_cast<int64_t>(rng.Below(2000));
    SetTotal(cluster.scope(0), kName, total);
    std::vector<std::vector<int64_t>> taken(cluster.size());
    for (int step = 0; step < 2000; ++step) {
      const size_t p = rng.Below(cluster.size());
      if (rng.Chance(0.4)) {
        cluster.DeliverOne();
      } else if (rng.Chance(0.8) || taken[p].empty()) {
        const int64_t amount = 1 + static_cast<int64_t>(rng.Below(20));
        if (Spend(cluster.scope(p), kName, amount) == Spending::kSpent) taken[p].push_back(amount);
      } else {
        Refund(cluster.scope(p), kName, taken[p].back());
        taken[p].pop_back();
      }
      ASSERT_LE(cluster.Spent(), total) << "seed " << seed;
    }
    while (cluster.DeliverOne()) {
    }
    int64_t expected = 0;
    for (const auto& of : taken) {
      for (int64_t amount : of) expected += amount;
    }
    EXPECT_EQ(cluster.Spent(), expected) << "seed " << seed;
    EXPECT_EQ(cluster.Spent() + cluster.Available(), BookOf(cluster.scope(0), kName).granted)
        << "seed " << seed;
  }
}

TEST(AllotmentTest, AllOfItCanBeSpentFromOnePartition) {
  Cluster cluster(8, 1);
  SetTotal(cluster.scope(0), kName, 1000);
  int64_t spent = 0;
  for (int tries = 0; tries < 5000; ++tries) {
    if (Spend(cluster.scope(5), kName, 1) == Spending::kSpent) ++spent;
    while (cluster.DeliverOne()) {
    }
  }
  EXPECT_EQ(spent, 1000);
  EXPECT_EQ(Spend(cluster.scope(5), kName, 1), Spending::kExhausted);
}

TEST(AllotmentTest, WhatIsGivenBackReachesTheStarving) {
  Cluster cluster(2, 1);
  SetTotal(cluster.scope(0), kName, 10);
  auto spend = [&](size_t p) {
    while (true) {
      const Spending result = Spend(cluster.scope(p), kName, 10);
      if (result != Spending::kWait) return result;
      while (cluster.DeliverOne()) {
      }
    }
  };
  EXPECT_EQ(spend(0), Spending::kSpent);
  EXPECT_EQ(spend(0), Spending::kExhausted);
  EXPECT_EQ(spend(1), Spending::kExhausted);
  Refund(cluster.scope(0), kName, 10);
  while (cluster.DeliverOne()) {
  }
  EXPECT_EQ(spend(1), Spending::kSpent);
}

}  // namespace
}  // namespace dangol::allotment
