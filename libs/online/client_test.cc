// The client against one real server, and against servers that misbehave.
#include "libs/online/client.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/clock.h"
#include "libs/base/testing/canned_server.h"
#include "libs/online/client_pool.h"
#include "libs/online/store_report.h"
#include "libs/online/testing/fixtures.h"

namespace dangol::online {
namespace {

using testing::Eventually;
using testing::NewStore;
using testing::RedisServer;

constexpr Micros kPatient = 10 * kMicrosPerSecond;

class ClientTest : public testing::RedisTest {};
class BadServerTest : public ::testing::Test {};

absl::StatusOr<Reply> One(Client& client, const Arguments& arguments, Micros timeout = kPatient) {
  const Command command{arguments.size() > 1 ? arguments[1] : "", nullptr, arguments};
  return client.Call({&command, 1}, timeout).front();
}

TEST_F(ClientTest, PipelinesInOrderAndBeyondItsBounds) {
  RedisServer server;
  Settings settings = server.settings();
  settings.pipeline_commands_max = 7;
  settings.pipeline_bytes_max = 1024;
  Client client(NewStore(settings));
  std::vector<std::string> values;
  for (int i = 0; i < 100; ++i) values.push_back(std::string(static_cast<size_t>(i * 50), 'x'));
  std::vector<Command> commands;
  for (const std::string& value : values) commands.push_back({"k", nullptr, {"ECHO", value}});
  commands.push_back({"k", nullptr, {"SET", "k", absl::string_view("a\0\r\n", 4)}});
  commands.push_back({"k", nullptr, {"GET", "k"}});
  commands.push_back({"k", nullptr, {"GET", ""}});
  const auto replies = client.Call(commands, kPatient);
  for (size_t i = 0; i < values.size(); ++i) EXPECT_EQ(replies[i]->text, values[i]);
  EXPECT_EQ(replies[101]->text, std::string("a\0\r\n", 4));
  EXPECT_EQ(replies[102]->type, Reply::Type::kNil);
  EXPECT_EQ(client.connects(), 1u);
}

TEST_F(ClientTest, GivesTheServerAScriptOnceAndAgain) {
  RedisServer server;
  Client client(NewStore(server.settings()));
  const Script script("return redis.call('INCRBY', KEYS[1], ARGV[1])");
  const std::vector<Command> commands(5, Command{"n", &script, {"2"}});
  EXPECT_EQ(client.Call(commands, kPatient).back()->integer, 10);
  server.Do({"SCRIPT", "FLUSH"});
  EXPECT_EQ(client.Call(commands, kPatient).back()->integer, 20);
  server.Kill();
  server.Start();
  EXPECT_EQ(client.Call(commands, kPatient).back()->integer, 10);
  EXPECT_EQ(client.connects(), 2u);
}

TEST_F(ClientTest, AnErrorIsOfItsCommandAlone) {
  RedisServer server;
  Client client(NewStore(server.settings()));
  const std::vector<Command> commands = {{"k", nullptr, {"SET", "k", "1"}},
                                         {"k", nullptr, {"HGET", "k", "f"}},
                                         {"k", nullptr, {"GET", "k"}}};
  const auto replies = client.Call(commands, kPatient);
  EXPECT_TRUE(replies[0].ok());
  EXPECT_EQ(replies[1].status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(replies[2]->text, "1");
}

TEST_F(ClientTest, ServerThatIsAwayCostsNothingUntilItIsTriedAgain) {
  RedisServer server;
  Settings settings = server.settings();
  settings.backoff_min_us = 2 * kMicrosPerSecond;
  const auto store = NewStore(settings);
  Client first(store), second(store);
  EXPECT_TRUE(One(first, {"PING"}).ok());
  server.Kill();
  EXPECT_EQ(One(first, {"PING"}).status().code(), absl::StatusCode::kUnavailable);
  const Micros before = SteadyMicros();
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(One(second, {"PING"}).ok());
  EXPECT_LT(SteadyMicros() - before, kMicrosPerSecond);
  server.Start();
  EXPECT_TRUE(Eventually([&] { return One(second, {"PING"}).ok(); }));
  EXPECT_TRUE(One(first, {"PING"}).ok());
}

TEST_F(ClientTest, FrozenServerCostsNoMoreThanTheTimeout) {
  RedisServer server;
  Client client(NewStore(server.settings()));
  EXPECT_TRUE(One(client, {"PING"}).ok());
  server.Freeze();
  const Micros before = SteadyMicros();
  EXPECT_EQ(One(client, {"PING"}, 100 * kMicrosPerMilli).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_LT(SteadyMicros() - before, 2 * kMicrosPerSecond);
  server.Thaw();
  EXPECT_TRUE(Eventually([&] { return One(client, {"PING"}).ok(); }));
}

void ExpectRefused(const Settings& settings, absl::StatusCode code, absl::string_view names) {
  Client client(NewStore(settings));
  const absl::Status status = One(client, {"GET", "dangol:k"}).status();
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), names)) << status;
}

TEST_F(ClientTest, PasswordsRightAndWrong) {
  RedisServer server({"--requirepass", "secret"});
  Settings settings = server.settings();
  ExpectRefused(settings, absl::StatusCode::kUnauthenticated, "online.password");
  settings.password = "wrong";
  ExpectRefused(settings, absl::StatusCode::kUnauthenticated, "online.password");
  settings.password = "secret";
  Client client(NewStore(settings));
  EXPECT_TRUE(One(client, {"GET", "dangol:k"}).ok());
}

TEST_F(ClientTest, PasswordWhereThereIsNone) {
  RedisServer server;
  Settings settings = server.settings();
  settings.password = "secret";
  ExpectRefused(settings, absl::StatusCode::kUnauthenticated, "online.password");
}

TEST_F(ClientTest, UserWithoutRights) {
  RedisServer server;
  server.Do({"ACL", "SETUSER", "ann", "on", ">pw", "~other:*", "+ping"});
  Settings settings = server.settings();
  settings.user = "ann";
  settings.password = "pw";
  ExpectRefused(settings, absl::StatusCode::kPermissionDenied, "online.user");
  settings.password = "wp";
  ExpectRefused(settings, absl::StatusCode::kUnauthenticated, "online.user");
}

TEST_F(ClientTest, UserWhoMayNotLoadScripts) {
  RedisServer server;
  server.Do({"ACL", "SETUSER", "ann", "on", ">pw", "~*", "+evalsha"});
  Settings settings = server.settings();
  settings.user = "ann";
  settings.password = "pw";
  Client client(NewStore(settings));
  const Script script("return 1");
  const Command command{"k", &script, {}};
  const absl::Status status = client.Call({&command, 1}, kPatient).front().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "script")) << status;
}

TEST_F(ClientTest, HugeReplyIsRefusedAndTheOthersAreNot) {
  RedisServer server;
  const std::string big(100'000, 'x');
  server.Do({"SET", "big", big});
  server.Do({"SET", "small", "1"});
  std::vector<std::string> push = {"RPUSH", "long"};
  for (int i = 0; i < 200; ++i) push.push_back("x");
  server.Do(push);
  Settings settings = server.settings();
  settings.reply_bytes_max = 50'000;
  settings.reply_elements_max = 100;
  Client client(NewStore(settings));
  const std::vector<Command> commands = {{"small", nullptr, {"GET", "small"}},
                                         {"big", nullptr, {"GET", "big"}},
                                         {"long", nullptr, {"LRANGE", "long", "0", "-1"}},
                                         {"small", nullptr, {"GET", "small"}}};
  const auto replies = client.Call(commands, kPatient);
  EXPECT_EQ(replies[0]->text, "1");
  EXPECT_EQ(replies[1].status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(absl::StrContains(replies[1].status().message(), "online.reply_bytes_max"));
  EXPECT_EQ(replies[2].status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(absl::StrContains(replies[2].status().message(), "online.reply_elements_max"));
  EXPECT_EQ(replies[3]->text, "1");
}

TEST_F(ClientTest, ClusterSettingAndServerHaveToAgree) {
  RedisServer alone;
  Settings settings = alone.settings();
  settings.cluster = true;
  ExpectRefused(settings, absl::StatusCode::kFailedPrecondition, "online.cluster");
}

TEST_F(ClientTest, ReplicaIsNoMaster) {
  RedisServer master, replica;
  replica.Do({"REPLICAOF", "127.0.0.1", absl::StrCat(master.port())});
  Client client(NewStore(replica.settings()));
  const absl::Status status = One(client, {"SET", "k", "1"}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "online.nodes")) << status;
  replica.Do({"REPLICAOF", "NO", "ONE"});
  EXPECT_TRUE(One(client, {"SET", "k", "1"}).ok());
}

TEST_F(ClientTest, ReportsWhatAnOperatorShouldKnow) {
  RedisServer plain;
  Client client(NewStore(plain.settings()));
  auto report = DescribeStore(client, kPatient);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->at(0), ::testing::ContainsRegex("is (Redis|Valkey) [0-9]"));
  EXPECT_TRUE(absl::StrContains(report->at(1), "no maxmemory"));
  EXPECT_TRUE(absl::StrContains(report->at(2), "persists nothing"));
  plain.Do({"CONFIG", "SET", "maxmemory", "100mb"});
  EXPECT_TRUE(absl::StrContains(DescribeStore(client, kPatient)->at(1), "evicts nothing"));
  plain.Do({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  plain.Do({"CONFIG", "SET", "save", "60 1"});
  report = DescribeStore(client, kPatient);
  EXPECT_TRUE(absl::StrContains(report->at(1), "evicts (allkeys-lru)"));
  EXPECT_EQ(report->size(), 2u);
}

TEST_F(BadServerTest, SilenceIsBounded) {
  CannedServer silent("");
  Client client(NewStore({.nodes = {silent.address()}}));
  const Micros before = SteadyMicros();
  EXPECT_EQ(One(client, {"PING"}, 100 * kMicrosPerMilli).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_LT(SteadyMicros() - before, 2 * kMicrosPerSecond);
}

TEST_F(BadServerTest, AnnouncedArrayIsNotAllocated) {
  CannedServer liar("*1073741824\r\n");
  Client client(NewStore({.nodes = {liar.address()}}));
  EXPECT_EQ(One(client, {"PING"}).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(BadServerTest, EndlessReplyIsRefused) {
  CannedServer endless("*16000\r\n" + std::string(1000, 'x'), 100'000);
  CannedServer flood(absl::StrCat("$900000000\r\n", std::string(60'000, 'x')), 1000);
  Client client(NewStore({.nodes = {flood.address()}}));
  EXPECT_EQ(One(client, {"PING"}).status().code(), absl::StatusCode::kResourceExhausted);
  Client other(NewStore({.nodes = {endless.address()}}));
  EXPECT_FALSE(One(other, {"PING"}).ok());
}

TEST_F(BadServerTest, NoRedisAtAll) {
  CannedServer web("HTTP/1.1 400 Bad Request\r\n\r\n");
  Client client(NewStore({.nodes = {web.address()}}));
  const absl::Status status = One(client, {"PING"}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "is it a Redis server")) << status;
}

TEST_F(BadServerTest, UnknownNameIsBounded) {
  Client client(NewStore({.nodes = {"no-such-host.invalid:6379"}}));
  const Micros before = SteadyMicros();
  EXPECT_FALSE(One(client, {"PING"}, kMicrosPerSecond).ok());
  EXPECT_LT(SteadyMicros() - before, 5 * kMicrosPerSecond);
}

TEST_F(BadServerTest, PoolIsBoundedInTime) {
  ClientPool pool(NewStore({.nodes = {"127.0.0.1:1"}}), 1);
  {
    auto loan = pool.Borrow(0);
    ASSERT_TRUE(loan.ok());
    EXPECT_EQ(pool.Borrow(1000).status().code(), absl::StatusCode::kDeadlineExceeded);
  }
  EXPECT_TRUE(pool.Borrow(0).ok());
}

}  // namespace
}  // namespace dangol::online
