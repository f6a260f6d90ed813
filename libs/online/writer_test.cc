// The writer against one real server that restarts, forgets, freezes and refuses.
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/clock.h"
#include "libs/base/testing/canned_server.h"
#include "libs/online/testing/fixtures.h"
#include "libs/online/testing/owner.h"
#include "libs/online/view_reader.h"
#include "libs/online/view_writer.h"

namespace dangol::online {
namespace {

using testing::Eventually;
using testing::kPatience;
using testing::Owner;
using testing::RedisServer;

constexpr Scope kScope{Service::kCampaign, 3};

class WriterTest : public testing::RedisTest {
 protected:
  void SetUp() override {
    RedisTest::SetUp();
    if (IsSkipped()) return;
    server_ = std::make_unique<RedisServer>();
    Restart();
  }
  // A new process.
  void Restart() { Restart(server_->settings()); }
  void Restart(Settings settings) {
    writer_.reset();
    settings.backoff_max_us = 200 * kMicrosPerMilli;
    auto writer = ViewWriter::Create(settings, options_, &metrics_);
    ASSERT_TRUE(writer.ok()) << writer.status();
    writer_ = *std::move(writer);
    owner_.Use(writer_.get());
    reader_ = *ViewReader::Create(settings, 1, &metrics_);
  }
  // All of the owner's state is in the store.
  bool StoreHasAll() {
    return owner_.All([&](CustomerId customer, const std::string& value, uint64_t offset) {
      const Found found =
          reader_->Get(View::kContacts, customer, Version{owner_.log(), offset}, kPatience);
      return found.value == value;
    });
  }

  WriterOptions options_{.check_every_us = 20 * kMicrosPerMilli};
  testing::CountingMetrics metrics_;
  std::unique_ptr<RedisServer> server_;
  std::unique_ptr<ViewWriter> writer_;
  std::unique_ptr<ViewReader> reader_;
  Owner owner_{kScope, "log-1"};
};

TEST_F(WriterTest, WritesWhatIsCommittedAndThenItsMark) {
  for (int i = 0; i < 1000; ++i) owner_.Commit(static_cast<CustomerId>(i % 100 + 1));
  ASSERT_TRUE(owner_.Settle());
  EXPECT_TRUE(StoreHasAll());
  EXPECT_EQ(writer_->Flushed(kScope), 1000u);
  EXPECT_TRUE(writer_->Health().ok) << writer_->Health().detail;
  EXPECT_THAT(writer_->Report().at(0), ::testing::ContainsRegex("is (Redis|Valkey) [0-9]"));
  EXPECT_EQ(metrics_["dangol_online_up"], 1);
  EXPECT_LT(metrics_["dangol_online_written_total"], 1000);  // coalesced
}

TEST_F(WriterTest, NewOwnerRewritesWhatChangedSinceTheMark) {
  for (CustomerId i = 1; i <= 10; ++i) owner_.Commit(i);
  ASSERT_TRUE(owner_.Settle());
  owner_.Use(nullptr);
  writer_.reset();
  for (CustomerId i = 8; i <= 12; ++i) owner_.Commit(i);  // the writer dies behind the commits
  Restart();
  ASSERT_TRUE(owner_.Settle());
  EXPECT_TRUE(StoreHasAll());
  EXPECT_EQ(metrics_["dangol_online_rewrites_total,all"], 1);
  EXPECT_EQ(metrics_["dangol_online_rewrites_total,since"], 1);
  EXPECT_EQ(owner_.rewritten(), 5);
}

TEST_F(WriterTest, AnotherChangelogRewritesAll) {
  owner_.Commit(1);
  ASSERT_TRUE(owner_.Settle());
  owner_.Become("log-2");
  owner_.Commit(2);
  ASSERT_TRUE(owner_.Settle());
  EXPECT_TRUE(StoreHasAll());
  EXPECT_EQ(metrics_["dangol_online_rewrites_total,all"], 2);
}

TEST_F(WriterTest, RestartedServerIsRewritten) {
  for (CustomerId i = 1; i <= 50; ++i) owner_.Commit(i);
  ASSERT_TRUE(owner_.Settle());
  server_->Kill();
  EXPECT_TRUE(Eventually([&] { return !writer_->Health().ok; }));
  EXPECT_TRUE(absl::StrContains(writer_->Health().detail, "reads go to the owners"));
  EXPECT_EQ(metrics_["dangol_online_up"], 0);
  for (CustomerId i = 40; i <= 60; ++i) owner_.Commit(i);
  server_->Start();
  ASSERT_TRUE(owner_.Settle());
  EXPECT_TRUE(StoreHasAll());
  EXPECT_TRUE(writer_->Health().ok) << writer_->Health().detail;
}

// A server that comes back with an old snapshot has the mark of then: its replication id tells.
TEST_F(WriterTest, ServerWithAnOldSnapshotIsRewritten) {
  owner_.Commit(1);
  ASSERT_TRUE(owner_.Settle());
  server_->Do({"SAVE"});
  for (CustomerId i = 1; i <= 20; ++i) owner_.Commit(i);
  ASSERT_TRUE(owner_.Settle());
  server_->Kill();
  server_->Start();
  EXPECT_EQ(server_->Do({"DBSIZE"}).integer, 2);
  ASSERT_TRUE(Eventually([&] { return owner_.Settle() && StoreHasAll(); }));
}

TEST_F(WriterTest, FlushedServerIsNoticedWithoutTraffic) {
  for (CustomerId i = 1; i <= 20; ++i) owner_.Commit(i);
  ASSERT_TRUE(owner_.Settle());
  server_->Do({"FLUSHALL"});
  ASSERT_TRUE(Eventually([&] { return owner_.Settle() && StoreHasAll(); }));
}

// The views go, then the server is emptied, then the mark would come: it must not.
TEST_F(WriterTest, FlushedServerIsNoticedByTheMark) {
  options_.check_every_us = kMicrosPerHour;
  Restart();
  for (CustomerId i = 1; i <= 20; ++i) owner_.Commit(i);
  ASSERT_TRUE(owner_.Settle());
  server_->Do({"FLUSHALL"});
  owner_.Commit(1);
  ASSERT_TRUE(Eventually([&] { return owner_.Settle() && StoreHasAll(); }));
}

TEST_F(WriterTest, KilledInTheMiddleOfMuch) {
  for (int round = 0; round < 5; ++round) {
    for (CustomerId i = 1; i <= 5000; ++i) {
      owner_.Commit(1 + (i * 7919) % 3000);
      if (i == 2500) server_->Kill();
      if (i == 4000) server_->Start();
    }
    ASSERT_TRUE(Eventually([&] { return owner_.Settle() && StoreHasAll(); })) << round;
  }
}

TEST_F(WriterTest, TooMuchForMemoryIsForgottenAndRewritten) {
  options_.queue_bytes_max = 1 << 16;
  options_.value_bytes_max = 1 << 10;
  Restart();
  owner_.Commit(1);
  ASSERT_TRUE(owner_.Settle());
  server_->Freeze();
  for (CustomerId i = 1; i <= 5000; ++i) owner_.Commit(i);
  EXPECT_GT(metrics_["dangol_online_dropped_total"], 0);
  server_->Thaw();
  ASSERT_TRUE(owner_.Settle());
  EXPECT_TRUE(StoreHasAll());
}

TEST_F(WriterTest, FrozenServerDoesNotHoldUpItsOwner) {
  owner_.Commit(1);
  ASSERT_TRUE(owner_.Settle());
  server_->Freeze();
  const Micros before = SteadyMicros();
  for (CustomerId i = 1; i <= 1000; ++i) owner_.Commit(i);
  EXPECT_LT(SteadyMicros() - before, kMicrosPerSecond);
  server_->Thaw();
  EXPECT_TRUE(owner_.Settle());
}

TEST_F(WriterTest, FullServerSaysSo) {
  owner_.Commit(1);
  ASSERT_TRUE(owner_.Settle());
  server_->Do({"CONFIG", "SET", "maxmemory", "1"});
  owner_.Commit(2);
  EXPECT_TRUE(Eventually(
      [&] { return absl::StrContains(writer_->Health().detail, "raise its maxmemory"); }));
  server_->Do({"CONFIG", "SET", "maxmemory", "0"});
  ASSERT_TRUE(owner_.Settle());
  EXPECT_TRUE(StoreHasAll());
}

TEST_F(WriterTest, UserWithoutRightsSaysSo) {
  server_->Do({"ACL", "SETUSER", "ann", "on", ">pw", "~*", "+get"});
  Settings settings = server_->settings();
  settings.user = "ann";
  settings.password = "pw";
  Restart(settings);
  owner_.Commit(1);
  EXPECT_TRUE(Eventually(
      [&] { return absl::StrContains(writer_->Health().detail, "online.user lacks a right"); }));
  EXPECT_GT(metrics_["dangol_online_failures_total,PERMISSION_DENIED"], 0);
}

// The rights that docs/online-store.md names are enough.
TEST_F(WriterTest, UserWithTheDocumentedRightsMay) {
  std::vector<std::string> setuser = {"ACL", "SETUSER", "writer", "on", ">pw"};
  for (const std::string& rule : testing::DocumentedRights("writer")) setuser.push_back(rule);
  server_->Do(setuser);
  Settings settings = server_->settings();
  settings.user = "writer";
  settings.password = "pw";
  Restart(settings);
  owner_.Commit(1);
  owner_.Erase(1);
  ASSERT_TRUE(owner_.Settle()) << writer_->Health().detail;
}

TEST_F(WriterTest, ForeignKeyHoldsNothingUp) {
  server_->Do({"SET", "dangol:contacts:{0000000000000001}", "somebody's"});
  owner_.Commit(1);
  owner_.Commit(2);
  ASSERT_TRUE(owner_.Settle());
  EXPECT_TRUE(absl::StrContains(writer_->Health().detail, "refused"));
  EXPECT_GE(metrics_["dangol_online_refused_total"], 1);
}

TEST_F(WriterTest, RefusedViewIsSentAgainThoughItShowsTheSame) {
  writer_->Open(kScope, "log");
  server_->Do({"SET", "dangol:contacts:{0000000000000001}", "somebody's"});
  ASSERT_TRUE(Eventually([&] { return writer_->Need(kScope).has_value(); }));
  ASSERT_TRUE(writer_->FinishRewrite(kScope, writer_->Need(kScope)->ticket, 1).ok());
  writer_->Put(kScope, 2, {PutView(View::kContacts, 1, "same")});
  ASSERT_TRUE(writer_->Await(kScope, kPatience));
  server_->Do({"DEL", "dangol:contacts:{0000000000000001}"});
  writer_->Put(kScope, 3, {PutView(View::kContacts, 1, "same")});
  ASSERT_TRUE(writer_->Await(kScope, kPatience));
  EXPECT_EQ(reader_->Get(View::kContacts, 1, std::nullopt, kPatience).value, "same");
}

TEST_F(WriterTest, ErasedCustomersAreTombstones) {
  owner_.Commit(1);
  ASSERT_TRUE(owner_.Settle());
  owner_.Erase(1);
  ASSERT_TRUE(owner_.Settle());
  EXPECT_EQ(reader_->Get(View::kContacts, 1, std::nullopt, kPatience).kind, Found::Kind::kDeleted);
}

TEST_F(WriterTest, ClosedScopeIsLeftAlone) {
  owner_.Commit(1);
  ASSERT_TRUE(owner_.Settle());
  writer_->Close(kScope);
  writer_->Put(kScope, 99, {PutView(View::kContacts, 1, "late")});
  EXPECT_FALSE(writer_->Need(kScope));
  EXPECT_TRUE(absl::IsAborted(writer_->Rewrite(kScope, 1, 99, {})));
  EXPECT_TRUE(absl::IsAborted(writer_->FinishRewrite(kScope, 1, 99)));
  EXPECT_FALSE(writer_->Await(kScope, 1000));
  EXPECT_TRUE(StoreHasAll());
}

TEST(WriterOptionsTest, BadOnesAreNamed) {
  testing::CountingMetrics metrics;
  const Settings settings{.nodes = {"127.0.0.1:1"}};
  for (const auto& [field, options] :
       {std::pair<const char*, WriterOptions>{"online.coalesce", {.coalesce_us = 50'001}},
        {"online.queue_bytes_max", {.queue_bytes_max = 10}},
        {"online.value_bytes_max", {.value_bytes_max = 0}},
        {"online.tombstone_expiry", {.tombstone_expiry_us = 1}},
        {"online.check_every", {.check_every_us = 0}}}) {
    const absl::Status status = ViewWriter::Create(settings, options, &metrics).status();
    EXPECT_TRUE(absl::StartsWith(status.message(), field)) << status;
  }
}

TEST(WriterOptionsTest, SilentServerIsToldAndLetGo) {
  CannedServer silent("");
  testing::CountingMetrics metrics;
  Settings settings{.nodes = {silent.address()}};
  settings.call_timeout_us = 100 * kMicrosPerMilli;
  const auto writer = *ViewWriter::Create(settings, {}, &metrics);
  writer->Open(kScope, "log");
  writer->Put(kScope, 1, {PutView(View::kContacts, 1, "x")});
  EXPECT_TRUE(Eventually([&] { return absl::StrContains(writer->Health().detail, "no answer"); }));
}

}  // namespace
}  // namespace dangol::online
