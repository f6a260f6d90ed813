// The version rule, in a real server's own words.
#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "libs/base/rng.h"
#include "libs/online/keys.h"
#include "libs/online/testing/fixtures.h"
#include "libs/online/view_codec.h"
#include "libs/online/view_reader.h"

namespace dangol::online {
namespace {

using testing::NewStore;
using testing::RedisServer;

constexpr Micros kPatient = 10 * kMicrosPerSecond;
constexpr CustomerId kAnn = 0x0123456789abcdef;

class ViewTest : public testing::RedisTest {
 protected:
  void SetUp() override {
    RedisTest::SetUp();
    if (IsSkipped()) return;
    server_ = std::make_unique<RedisServer>();
    client_ = std::make_unique<Client>(NewStore(server_->settings()));
    reader_ = *ViewReader::Create(server_->settings(), 2, &metrics_);
  }

  // Whether it was written.
  bool Write(const Change& change, absl::string_view log, uint64_t offset) {
    const Entry entry = EntryOf("dangol", change, offset, 1000);
    const std::string text = absl::StrCat(offset);
    const Command command = WriteCommand(entry, log, text, "3600");
    const auto reply = client_->Call({&command, 1}, kPatient).front();
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.ok() && reply->integer == 1;
  }
  Found Get(std::optional<Version> min = std::nullopt) {
    return reader_->Get(View::kProfile, kAnn, min, kPatient);
  }

  testing::CountingMetrics metrics_;
  std::unique_ptr<RedisServer> server_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<ViewReader> reader_;
};

TEST_F(ViewTest, NewerWinsAndOlderIsDropped) {
  EXPECT_EQ(Get().miss, "absent");
  EXPECT_TRUE(Write(PutView(View::kProfile, kAnn, "a"), "log", 9));
  EXPECT_FALSE(Write(PutView(View::kProfile, kAnn, "b"), "log", 9));
  EXPECT_FALSE(Write(PutView(View::kProfile, kAnn, "c"), "log", 8));
  EXPECT_EQ(Get().value, "a");
  EXPECT_TRUE(Write(PutView(View::kProfile, kAnn, "d"), "log", 10));  // not by its text's order
  EXPECT_EQ(Get().value, "d");
  EXPECT_EQ(Get().version, (Version{"log", 10}));
  EXPECT_EQ(server_->Do({"EXISTS", "dangol:profile:{0123456789abcdef}"}).integer, 1);
}

TEST_F(ViewTest, OffsetsAreExactBeyondLuaNumbers) {
  const uint64_t big = (uint64_t{1} << 60) + 1;
  EXPECT_TRUE(Write(PutView(View::kProfile, kAnn, "a"), "log", big));
  EXPECT_TRUE(Write(PutView(View::kProfile, kAnn, "b"), "log", big + 1));
  EXPECT_FALSE(Write(PutView(View::kProfile, kAnn, "a"), "log", big));
  EXPECT_EQ(Get().value, "b");
}

TEST_F(ViewTest, AnotherChangelogOverwrites) {
  EXPECT_TRUE(Write(PutView(View::kProfile, kAnn, "a"), "old", 900));
  EXPECT_TRUE(Write(PutView(View::kProfile, kAnn, "b"), "new", 1));
  EXPECT_EQ(Get().value, "b");
}

TEST_F(ViewTest, TombstonesAreVersionedAndExpire) {
  const std::string key = ViewKey("dangol", View::kProfile, kAnn);
  EXPECT_TRUE(Write(PutView(View::kProfile, kAnn, "a"), "log", 5));
  EXPECT_EQ(server_->Do({"TTL", key}).integer, -1);
  EXPECT_TRUE(Write(DeleteView(View::kProfile, kAnn), "log", 7));
  EXPECT_EQ(Get().kind, Found::Kind::kDeleted);
  EXPECT_EQ(Get().version.offset, 7u);
  EXPECT_EQ(server_->Do({"HGET", key, "value"}).type, Reply::Type::kNil);
  EXPECT_GT(server_->Do({"TTL", key}).integer, 3500);
  EXPECT_FALSE(Write(PutView(View::kProfile, kAnn, "late"), "log", 6));
  EXPECT_EQ(Get().kind, Found::Kind::kDeleted);
  EXPECT_TRUE(Write(PutView(View::kProfile, kAnn, "back"), "log", 8));
  EXPECT_EQ(Get().value, "back");
  EXPECT_EQ(server_->Do({"TTL", key}).integer, -1);
}

TEST_F(ViewTest, WhatIsTooLargeIsReadFromTheOwner) {
  EXPECT_TRUE(Write(PutView(View::kProfile, kAnn, "small"), "log", 5));
  EXPECT_TRUE(Write(PutView(View::kProfile, kAnn, std::string(1001, 'x')), "log", 6));
  EXPECT_EQ(Get().kind, Found::Kind::kMiss);
  EXPECT_EQ(Get().miss, "omitted");
  EXPECT_FALSE(Write(PutView(View::kProfile, kAnn, "small"), "log", 5));
}

TEST_F(ViewTest, MinVersionIsKept) {
  Write(PutView(View::kProfile, kAnn, "a"), "log", 5);
  EXPECT_EQ(Get(Version{"log", 5}).value, "a");
  EXPECT_EQ(Get(Version{"log", 6}).miss, "older");
  EXPECT_EQ(Get(Version{"other", 1}).miss, "older");
  Write(DeleteView(View::kProfile, kAnn), "log", 6);
  EXPECT_EQ(Get(Version{"log", 6}).kind, Found::Kind::kDeleted);
  EXPECT_EQ(Get(Version{"log", 7}).miss, "older");
}

TEST_F(ViewTest, IdentifiersLeadToCustomers) {
  const std::string nasty = "user:a b\n{}{x}\xc3\xa4";
  EXPECT_TRUE(Write(PutIdentifier("email:ann@example.org", kAnn), "log", 1));
  EXPECT_TRUE(Write(PutIdentifier(nasty, 7), "log", 1));
  EXPECT_TRUE(Write(DeleteIdentifier("phone:+4912345"), "log", 1));
  const auto found = reader_->BatchResolve(
      {"email:ann@example.org", "email:bob@example.org", "phone:+4912345", nasty}, kPatient);
  EXPECT_EQ(found[0].customer, kAnn);
  EXPECT_EQ(found[1].miss, "absent");
  EXPECT_EQ(found[2].kind, Found::Kind::kDeleted);
  EXPECT_EQ(found[3].customer, 7u);
  EXPECT_EQ(metrics_["dangol_online_reads_total,hit"], 2);
  EXPECT_EQ(metrics_["dangol_online_reads_total,absent"], 1);
}

TEST_F(ViewTest, WhatOthersPutThereIsAMiss) {
  const std::string key = ViewKey("dangol", View::kProfile, kAnn);
  server_->Do({"SET", key, "not ours"});
  EXPECT_EQ(Get().miss.substr(0, 6), "unread");
  server_->Do({"DEL", key});
  server_->Do({"HSET", key, "log", "x", "offset", "many", "value", "v"});
  EXPECT_EQ(Get().miss, "unreadable");
  server_->Do({"HSET", key, "offset", "1", "customer", "zz"});
  EXPECT_EQ(Get().miss, "unreadable");
}

TEST_F(ViewTest, StoreThatIsAwayIsAMiss) {
  Write(PutView(View::kProfile, kAnn, "a"), "log", 5);
  server_->Kill();
  const Found found = Get();
  EXPECT_EQ(found.kind, Found::Kind::kMiss);
  EXPECT_EQ(found.miss.substr(0, 6), "unread");
  EXPECT_FALSE(reader_->LastFailure().ok());
  server_->Start();
  EXPECT_TRUE(testing::Eventually([&] { return Get().miss == "absent"; }));
  EXPECT_TRUE(reader_->LastFailure().ok());
}

// Several writers, one of them a zombie, replay a history in any order, parts of it twice: the last
// version of each customer's view is what stays.
TEST_F(ViewTest, ShuffledReplaysEndWithTheNewest) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Rng rng(seed);
    server_->Do({"FLUSHALL"});
    std::vector<std::pair<Change, uint64_t>> history;
    std::map<CustomerId, Change> last;
    for (uint64_t offset = 1; offset <= 60; ++offset) {
      const CustomerId customer = 1 + rng.Below(5);
      const Change change = rng.Chance(0.3)
                                ? DeleteView(View::kContacts, customer)
                                : PutView(View::kContacts, customer, absl::StrCat("v", offset));
      last[customer] = change;
      history.emplace_back(change, offset);
      if (rng.Chance(0.3)) history.emplace_back(change, offset);
    }
    for (size_t i = history.size(); i > 1; --i) std::swap(history[i - 1], history[rng.Below(i)]);
    for (const auto& [change, offset] : history) Write(change, "log", offset);
    for (const auto& [customer, change] : last) {
      const Found found = reader_->Get(View::kContacts, customer, std::nullopt, kPatient);
      EXPECT_EQ(found.kind == Found::Kind::kDeleted, change.deleted) << "seed " << seed;
      EXPECT_EQ(found.value, change.value) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace dangol::online
