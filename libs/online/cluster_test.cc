// Writer and reader against a real Redis Cluster whose slots move and whose masters die.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "libs/online/keys.h"
#include "libs/online/testing/fixtures.h"
#include "libs/online/testing/owner.h"
#include "libs/online/testing/redis_cluster.h"
#include "libs/online/view_reader.h"
#include "libs/online/view_writer.h"

namespace dangol::online {
namespace {

using testing::Eventually;
using testing::kPatience;
using testing::Owner;
using testing::RedisCluster;

constexpr Scope kScope{Service::kCampaign, 0};
constexpr CustomerId kCustomers = 300;

// One cluster for all tests of the file: its start is most of their time.
class ClusterTest : public testing::RedisTest {
 protected:
  static void TearDownTestSuite() { cluster_.reset(); }

  void SetUp() override {
    RedisTest::SetUp();
    if (IsSkipped()) return;
    if (cluster_ == nullptr) cluster_ = std::make_unique<RedisCluster>(true);
    Settings settings = cluster_->settings();
    settings.prefix = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    settings.backoff_max_us = 200 * kMicrosPerMilli;
    writer_ = *ViewWriter::Create(settings, {.check_every_us = 50 * kMicrosPerMilli}, &metrics_);
    reader_ = *ViewReader::Create(settings, 1, &metrics_);
    prefix_ = settings.prefix;
    owner_.Use(writer_.get());
  }
  void CommitAll() {
    for (CustomerId i = 1; i <= kCustomers; ++i) owner_.Commit(i);
  }
  bool StoreHasAll() {
    return owner_.All([&](CustomerId customer, const std::string& value, uint64_t offset) {
      return reader_->Get(View::kContacts, customer, Version{owner_.log(), offset}, kPatience)
                 .value == value;
    });
  }
  static int64_t CountIn(int slot, size_t node) {
    return cluster_->node(node).Do({"CLUSTER", "COUNTKEYSINSLOT", absl::StrCat(slot)}).integer;
  }
  int SlotOfCustomerOne() const { return HashSlotOf(ViewKey(prefix_, View::kContacts, 1)); }

  static std::unique_ptr<RedisCluster> cluster_;
  testing::CountingMetrics metrics_;
  std::string prefix_;
  std::unique_ptr<ViewWriter> writer_;
  std::unique_ptr<ViewReader> reader_;
  Owner owner_{kScope, "log"};
};
std::unique_ptr<RedisCluster> ClusterTest::cluster_;

TEST_F(ClusterTest, EveryMasterHasItsViewsAndItsMark) {
  CommitAll();
  ASSERT_TRUE(owner_.Settle()) << writer_->Health().detail;
  EXPECT_TRUE(StoreHasAll());
  EXPECT_GE(writer_->Report().size(), 3u);
  int64_t keys = 0;
  for (size_t i = 0; i < 3; ++i) {
    const int64_t here = cluster_->node(i).Do({"DBSIZE"}).integer;
    EXPECT_GT(here, static_cast<int64_t>(kCustomers) / 6);
    keys += here;
  }
  EXPECT_EQ(keys, static_cast<int64_t>(kCustomers) + 3);
}

TEST_F(ClusterTest, CustomersViewsAreTogether) {
  for (int view = 1; view < kViews; ++view)
    EXPECT_EQ(HashSlotOf(ViewKey("p", static_cast<View>(view), 7)),
              HashSlotOf(ViewKey("p", View::kProfile, 7)));
}

// While a slot moves, what is not at its old node is asked for at the new one; then it has moved.
TEST_F(ClusterTest, SlotsMoveUnderTraffic) {
  CommitAll();
  ASSERT_TRUE(owner_.Settle());
  const int slot = SlotOfCustomerOne();
  const size_t from = cluster_->OwnerOf(slot), to = (from + 1) % 3;
  const std::string key = ViewKey(prefix_, View::kContacts, 1);
  cluster_->BeginMove(slot, from, to);
  cluster_->node(from).Do({"DEL", key});
  const int64_t left = CountIn(slot, from);
  owner_.Commit(1);
  ASSERT_TRUE(owner_.Settle()) << writer_->Health().detail;
  EXPECT_TRUE(StoreHasAll());
  EXPECT_EQ(CountIn(slot, from), left);
  EXPECT_EQ(CountIn(slot, to), 1);
  EXPECT_EQ(metrics_["dangol_online_rewrites_total,all"], 1);

  cluster_->EndMove(slot, from, to);
  EXPECT_TRUE(StoreHasAll());
  owner_.Commit(1);
  ASSERT_TRUE(owner_.Settle()) << writer_->Health().detail;
  EXPECT_TRUE(StoreHasAll());
  cluster_->BeginMove(slot, to, from);
  cluster_->EndMove(slot, to, from);
  EXPECT_TRUE(Eventually([&] { return cluster_->OwnerOf(slot) == from; }));
}

// Other masters' marks are in place: the one that was emptied tells for itself.
TEST_F(ClusterTest, OneFlushedMasterIsNoticed) {
  CommitAll();
  ASSERT_TRUE(owner_.Settle());
  cluster_->node(1).Do({"FLUSHALL"});
  ASSERT_TRUE(Eventually([&] { return owner_.Settle() && StoreHasAll(); }));
}

// A replica takes over and may lack what its master had acknowledged. Last: the cluster stays so.
TEST_F(ClusterTest, FailoverIsFollowedAndRewritten) {
  CommitAll();
  ASSERT_TRUE(owner_.Settle());
  const int slot = SlotOfCustomerOne();
  const size_t master = cluster_->OwnerOf(slot);
  const std::string victim = cluster_->node(master).address();
  cluster_->node(master).Kill();
  CommitAll();
  ASSERT_TRUE(Eventually([&] { return owner_.Settle() && StoreHasAll(); }))
      << victim << " " << writer_->Health().detail;
  EXPECT_EQ(metrics_["dangol_online_rewrites_total,all"], 2);
  EXPECT_TRUE(writer_->Health().ok) << writer_->Health().detail;
}

}  // namespace
}  // namespace dangol::online
